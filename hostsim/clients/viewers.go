package clients

import (
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/hostsim"
)

// Programs that show what a camera sees. They ask for a picture and print no page.

var ffprobe = ffprobeClient("ffprobe", "ffprobe, tls_verify=1", "-tls_verify", "1")

// ffprobeDefault is as people run it: it verifies nothing, which its row says.
var ffprobeDefault = asByDefault(ffprobeClient("ffprobe-default", "ffprobe as it is by default"))

// viewer completes a client that shows the camera's picture.
func viewer(c hostsim.Client) *hostsim.Client {
	c.Isolation.HostsFile, c.Known.Silent = true, true
	c.Script = func(string) device.Script { return device.Snapshot() }
	c.Path = "/snapshot.jpg?"
	return &c
}

func asByDefault(c *hostsim.Client) *hostsim.Client {
	c.Known = hostsim.Known{Family: "unverified", Silent: true, NeverVerifies: true}
	return c
}

func ffprobeClient(name, title string, options ...string) *hostsim.Client {
	return viewer(hostsim.Client{
		Name: name, Title: title, Stack: gnuTLS, Library: "GnuTLS (FFmpeg)",
		Needs: hostsim.Needs{Packages: []string{"ffmpeg"}, Programs: []string{"ffprobe"}, Version: []string{"-version"}},
		Known: hostsim.Known{Family: "gnutls", Words: ffmpegWords},
		Command: func(v *hostsim.Visit) hostsim.Command {
			args := append([]string{v.Program("ffprobe"), "-v", "error"}, options...)
			return hostsim.Command{Args: append(args, "-ca_file", v.CAFile, "-show_entries", "stream=codec_name", v.URL())}
		},
	})
}

var (
	mpv        = mpvClient("mpv", "mpv, tls-verify", "--tls-verify=yes")
	mpvDefault = asByDefault(mpvClient("mpv-default", "mpv as it is by default"))
)

func mpvClient(name, title string, options ...string) *hostsim.Client {
	return viewer(hostsim.Client{
		Name: name, Title: title, Stack: gnuTLS, Library: "GnuTLS (FFmpeg)",
		Needs: hostsim.Needs{Packages: []string{"mpv"}, Programs: []string{"mpv"}, Version: []string{"--no-config", "--version"}},
		Known: hostsim.Known{Family: "gnutls", Words: ffmpegWords},
		Command: func(v *hostsim.Visit) hostsim.Command {
			args := append([]string{
				v.Program("mpv"), "--no-config", "--no-input-default-bindings", "--vo=null", "--ao=null", "--ytdl=no",
				"--image-display-duration=0",
			}, options...)
			return hostsim.Command{Args: append(args, "--tls-ca-file="+v.CAFile, v.URL())}
		},
	})
}

// vlc verifies by default and refuses to run as root.
var vlc = viewer(hostsim.Client{
	Name: "vlc", Title: "VLC", Stack: gnuTLS, Library: "GnuTLS",
	Needs: hostsim.Needs{
		Packages: []string{"vlc-bin", "vlc-plugin-base", "ca-certificates"}, Programs: []string{"cvlc"},
		Files: []string{systemBundle}, Version: []string{"--version"},
	},
	Isolation: hostsim.Isolation{SystemBundle: true, NotRoot: true},
	Known:     hostsim.Known{Family: "gnutls", Words: gnuTLSWords},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{Args: []string{
			v.Program("cvlc"), "-I", "dummy", "--vout=dummy", "--aout=dummy",
			"--play-and-exit", "--image-duration", "1", "-v", v.URL(), "vlc://quit",
		}}
	},
})

// gstreamer keeps to itself why it refuses, unless asked for debug output.
var gstreamer = viewer(hostsim.Client{
	Name: "gstreamer", Title: "GStreamer souphttpsrc", Stack: gnuTLS, Library: "GnuTLS (glib-networking)",
	Needs: hostsim.Needs{
		Packages: []string{"gstreamer1.0-tools", "gstreamer1.0-plugins-good", "glib-networking", "ca-certificates"},
		Programs: []string{"gst-launch-1.0"}, Files: []string{systemBundle}, Version: []string{"--version"},
	},
	Isolation: hostsim.Isolation{SystemBundle: true},
	Known:     hostsim.Known{Family: "gstreamer", Words: glibWords.After(`\d+:\d\d:\d\d\.\d+ .* souphttpsrc [^ ]* `)},
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{
			Args: []string{v.Program("gst-launch-1.0"), "souphttpsrc", "location=" + v.URL(), "!", "fakesink"},
			Env:  []string{"GST_REGISTRY=" + v.File("registry"), "GST_DEBUG=souphttpsrc:5", "GST_DEBUG_NO_COLOR=1"},
		}
	},
})
