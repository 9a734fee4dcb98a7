package clients

import (
	"context"
	"os"
	"strings"

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

var (
	motion = motionClient("motion", "motion, tls_verify=1", "netcam_params tls_verify=1,ca_file=%CA%")
	// motionDefault is as people run it: motion says nothing of certificates to FFmpeg, which verifies none then.
	motionDefault = asByDefault(motionClient("motion-default", "motion as it is by default"))
)

// motionClient watches a camera until it is ended: that is when it has opened the stream, or complains. It would try
// again for ten seconds.
func motionClient(name, title string, options ...string) *hostsim.Client {
	return viewer(hostsim.Client{
		Name: name, Title: title, Stack: gnuTLS, Library: "GnuTLS (FFmpeg)",
		Needs: hostsim.Needs{Packages: []string{"motion"}, Programs: []string{"motion", "sh"}},
		Known: hostsim.Known{Family: "gnutls", Words: ffmpegWords.After(`\[[^]]*\] \[[A-Z]+\] \[[A-Z]+\] [a-z_]*: `)},
		Prepare: func(_ context.Context, v *hostsim.Visit) error {
			config := []string{
				"daemon off", "setup_mode off", "webcontrol_port 0", "stream_port 0", "picture_output off", "movie_output off",
				"log_level 7", "target_dir %HOME%", "netcam_url %URL%",
			}
			return os.WriteFile(v.File("motion.conf"), []byte(fill(strings.Join(append(config, options...), "\n")+"\n", v)), 0o644)
		},
		Command: func(v *hostsim.Visit) hostsim.Command {
			return shell(`"$1" -n -c motion.conf >log 2>&1 & motion=$!
while kill -0 $motion 2>/dev/null && ! grep -qE 'Opened camera|failed to open|Peer certificate|not match hostname' log; do sleep 0.1; done
kill -KILL $motion; wait $motion; cat log >&2`, v.Program("motion"))
		},
	})
}
