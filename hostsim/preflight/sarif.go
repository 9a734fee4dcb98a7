package preflight

import (
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"strings"
)

// The parts of SARIF 2.1.0 (OASIS) that are written.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string       `json:"id"`
		ShortDescription sarifMessage `json:"shortDescription"`
		FullDescription  sarifMessage `json:"fullDescription"`
		Help             sarifMessage `json:"help"`
		Default          sarifDefault `json:"defaultConfiguration"`
	}
	sarifDefault struct {
		Level string `json:"level"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifMessage    `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"` // nil where no line is known
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
)

// SARIF writes reports in SARIF 2.1.0, with which code hosts show findings on files.
func SARIF(w io.Writer, reports ...*Report) error {
	run := sarifRun{
		Tool:    sarifTool{sarifDriver{Name: "leafcam", InformationURI: "https://github.com/leafcam/leafcam"}},
		Results: []sarifResult{},
	}
	index := map[Code]int{}
	for i, rule := range Rules() {
		index[rule.Code] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			ID: string(rule.Code), ShortDescription: sarifMessage{rule.Summary},
			FullDescription: sarifMessage{rule.Cause}, Help: sarifMessage{rule.Fix},
			Default: sarifDefault{string(rule.Severity)},
		})
	}
	for _, r := range reports {
		for _, f := range r.Findings {
			file := f.File
			if file == "" {
				file = r.file
			}
			var region *sarifRegion
			if f.Line > 0 {
				region = &sarifRegion{f.Line}
			}
			if archive := r.archives[file]; archive != "" {
				file, region = archive, nil // what lies in an archive is said of the archive
			}
			run.Results = append(run.Results, sarifResult{
				RuleID: string(f.Code), RuleIndex: index[f.Code], Level: string(f.Severity),
				Message:   sarifMessage{f.message()},
				Locations: []sarifLocation{{sarifPhysical{sarifArtifact{fileURI(file)}, region}}},
			})
		}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

// message is a finding in a few sentences.
func (f Finding) message() string {
	parts := []string{f.Title + "."}
	for _, s := range f.Symptoms {
		parts = append(parts, s.Source+": "+s.Message+".")
	}
	return strings.Join(append(parts, "Cause: "+f.Cause+".", "Fix: "+f.Fix+"."), " ")
}

// fileURI names a file as SARIF does.
func fileURI(file string) string {
	u := url.URL{Path: filepath.ToSlash(file)}
	if filepath.IsAbs(file) {
		u.Scheme = "file"
	}
	return u.String()
}
