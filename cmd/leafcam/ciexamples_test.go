package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/internal/program"
)

// A ciExample is a file for an engine of CI.
type ciExample struct {
	file string // in examples
	// env is what the engine tells the part of an index, from 0.
	env func(index int) []string
	out string // folder of its results
}

// ciExamples are those that run clients.
func ciExamples() []ciExample {
	return []ciExample{
		{"regression-test/github-actions.yml", func(int) []string { return nil }, ""},
		{"check-in-ci/shards-github-actions.yml", func(i int) []string { return []string{fmt.Sprintf("PART=%d", i+1), "PARTS=5"} }, ""},
		{
			"check-in-ci/shards-gitlab-ci.yml",
			func(i int) []string { return []string{fmt.Sprintf("CI_NODE_INDEX=%d", i+1), "CI_NODE_TOTAL=5"} }, "",
		},
		{"check-in-ci/shards-kubernetes.yml", func(i int) []string { return []string{fmt.Sprintf("JOB_COMPLETION_INDEX=%d", i)} }, "parts"},
	}
}

// scripts returns the scripts of a file in YAML, whatever the engine, in their order.
func scripts(t *testing.T, file string) (list []string) {
	decoder := yaml.NewDecoder(strings.NewReader(readDoc(t, filepath.Join("examples", file))))
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		for i, child := range n.Content {
			if n.Kind != yaml.MappingNode {
				walk(child)
				continue
			}
			if i%2 == 0 {
				continue
			}
			switch n.Content[i-1].Value {
			case "run", "script", "args":
				lines := []string{child.Value}
				for _, line := range child.Content {
					lines = append(lines, line.Value)
				}
				list = append(list, strings.TrimSpace(strings.Join(lines, "\n")))
			default:
				walk(child)
			}
		}
	}
	for {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			require.NotEmpty(t, list, file)
			return list
		}
		require.NoError(t, err, file)
		walk(&document)
	}
}

// runScript runs a script in the current folder as engines do, with programs in bin in the place of the real ones.
func runScript(t *testing.T, bin, script string, env []string) (status int, said string) {
	cmd := exec.Command("sh", "-ec", script)
	cmd.Env = append(append(os.Environ(), "PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH")), env...)
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) {
		require.NoError(t, err, "%s", out)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// standIns writes programs into a folder: those that install something do nothing.
func standIns(t *testing.T, leafcam string) (bin string) {
	bin = t.TempDir()
	for name, script := range map[string]string{"leafcam": leafcam, "sudo": "", "apt-get": "", "go": ""} {
		require.NoError(t, os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script), 0o700)) //nolint:gosec // a program
	}
	return bin
}

// TestCIExamples: what the examples for engines call are commands, with their flags and arguments.
func TestCIExamples(t *testing.T) {
	files := ciExamples()
	files = append(files, ciExample{"check-in-ci/github-actions.yml", func(int) []string { return nil }, ""})
	var named []string
	for _, example := range files {
		named = append(named, filepath.Join(root, "examples", filepath.FromSlash(example.file)))
	}
	all, err := filepath.Glob(root + "/examples/*/*.y*ml")
	require.NoError(t, err)
	require.ElementsMatch(t, named, all, "an example that nobody runs")
	for _, example := range files {
		t.Run(example.file, func(t *testing.T) {
			all := scripts(t, example.file)
			t.Chdir(t.TempDir())
			calls := filepath.Join(t.TempDir(), "calls")
			bin := standIns(t, `{ printf '%s\0' "$@"; echo; } >> `+calls)
			for index := range 5 {
				for _, script := range all {
					status, said := runScript(t, bin, script, example.env(index))
					require.Zero(t, status, said)
				}
			}
			data, err := os.ReadFile(calls)
			require.NoError(t, err)
			seen := map[string]bool{}
			for call := range bytes.Lines(data) {
				args := strings.Split(strings.TrimSuffix(string(call), "\x00\n"), "\x00")
				command, rest, err := newRoot().Find(args)
				require.NoError(t, err, args)
				require.NoError(t, command.ParseFlags(rest), args)
				require.NoError(t, command.ValidateArgs(command.Flags().Args()), args)
				seen[command.Name()+command.Flag("report").Value.String()] = true
				if shard := command.Flag("shard"); shard != nil && shard.Value.String() != "" {
					seen[shard.Value.String()] = true
				}
			}
			if strings.Contains(example.file, "shards") {
				for _, part := range []string{"1/5", "2/5", "3/5", "4/5", "5/5"} {
					require.True(t, seen[part], part)
				}
			}
		})
	}
}

// TestRealCIExamples runs the scripts of the examples, for a few clients: green when nothing has changed, in the exit
// status and in JUnit, and red in both when something has.
func TestRealCIExamples(t *testing.T) {
	for _, name := range []string{"curl", "openssl", "python3"} {
		program.Need(t, name, name)
	}
	leafcam, err := exec.LookPath("leafcam") // TestMain has put it into PATH
	require.NoError(t, err)
	const few = "--clients curl,openssl,python --scenarios leaf-only,second-load --root root.pem"
	bin := standIns(t, `if [ "$1" = matrix ]; then set -- "$@" `+few+`; fi
exec `+leafcam+` "$@"`)
	for _, example := range ciExamples() {
		t.Run(example.file, func(t *testing.T) {
			parts, whole := inParts(scripts(t, example.file))
			t.Chdir(t.TempDir())
			require.NoError(t, os.Mkdir("parts", 0o755))
			certificate(t)
			status, said := runScript(t, bin, `leafcam matrix --cert certificate/server.der --key certificate/server.key.der `+
				`--chain certificate/chain.pem --host cam.example.com --report json=certificate/matrix.json || test $? = 1`, nil)
			require.Zero(t, status, said)
			for index := range 5 {
				for _, script := range parts {
					status, said := runScript(t, bin, script, example.env(index))
					require.Zero(t, status, said)
				}
			}
			status, said = runScript(t, bin, whole, nil)
			require.Equal(t, exitFine, status, said)
			require.Contains(t, said, "nothing has changed")
			junit := filepath.Join(example.out, "leafcam.xml")
			require.Contains(t, readFile(t, junit), `tests="6" failures="0" errors="0"`)
			require.FileExists(t, filepath.Join(example.out, "leafcam.html"))

			before := readFile(t, "certificate/matrix.json")
			require.NoError(t, os.WriteFile("certificate/matrix.json",
				[]byte(strings.Replace(before, `"cause": "missing intermediate"`, `"cause": "expired"`, 1)), 0o600))
			status, said = runScript(t, bin, whole, nil)
			require.Equal(t, exitFindings, status, said)
			require.Contains(t, readFile(t, junit), `tests="6" failures="1" errors="0"`)
		})
	}
}

// TestCheckInCI runs the workflow that checks certificates: a good delivery passes, a key beside it does not.
func TestCheckInCI(t *testing.T) {
	leafcam, err := exec.LookPath("leafcam")
	require.NoError(t, err)
	bin := standIns(t, "exec "+leafcam+` "$@"`)
	all := scripts(t, "check-in-ci/github-actions.yml")
	check := all[len(all)-1]
	t.Chdir(t.TempDir())
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam-1.example.com"}})
	require.NoError(t, err)
	_, err = delivery.WriteFiles("certs/cam-1", []delivery.File{
		{Name: "server.der", Data: leaf.DER(), Mode: 0o644},
		{Name: "chain.pem", Data: certs.EncodePEM(append(pki.Chain(), pki.Root.Certificate)...), Mode: 0o644},
	}, false)
	require.NoError(t, err)
	status, said := runScript(t, bin, check, nil)
	require.Equal(t, exitFine, status, said)
	require.Contains(t, readFile(t, "leafcam.sarif"), `"ruleId": "intermediate-not-sent"`)

	require.NoError(t, os.WriteFile("certs/cam-1/server.key.der", leaf.KeyDER(), 0o600))
	status, said = runScript(t, bin, check, nil)
	require.Equal(t, exitFindings, status, said)
	require.Contains(t, readFile(t, "leafcam.sarif"), `"uri": "certs/cam-1/server.key.der"`)
}

// inParts returns the scripts that each part runs, and the one that judges.
func inParts(all []string) (parts []string, whole string) {
	for _, script := range all {
		if strings.Contains(script, "--expect") {
			whole = script
		} else {
			parts = append(parts, script)
		}
	}
	return parts, whole
}

// certificate makes the files that the examples name.
func certificate(t *testing.T) {
	pki, err := certs.NewPKI(certs.PKIOptions{})
	require.NoError(t, err)
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{"cam.example.com"}})
	require.NoError(t, err)
	_, err = delivery.WriteFiles("certificate", []delivery.File{
		{Name: "server.der", Data: leaf.DER(), Mode: 0o644}, {Name: "server.key.der", Data: leaf.KeyDER(), Mode: 0o600},
		{Name: "chain.pem", Data: certs.EncodePEM(pki.Chain()...), Mode: 0o644},
	}, false)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile("root.pem", certs.EncodePEM(pki.Root.Certificate), 0o600))
}
