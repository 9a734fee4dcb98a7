package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNobodySkipsVerification: a tls.Config that turns Go's verification off has to bring its own, if
// only to say that anything will do. Tests may take anything.
func TestNobodySkipsVerification(t *testing.T) {
	found := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		parsed, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, left := range n.Lhs {
					if s, ok := left.(*ast.SelectorExpr); ok && s.Sel.Name == "InsecureSkipVerify" {
						require.Fail(t, "InsecureSkipVerify is set apart from its verification", "%s", files.Position(n.Pos()))
					}
				}
			case *ast.CompositeLit:
				keys := map[string]bool{}
				for _, e := range n.Elts {
					if kv, ok := e.(*ast.KeyValueExpr); ok {
						if key, ok := kv.Key.(*ast.Ident); ok {
							keys[key.Name] = true
						}
					}
				}
				if keys["InsecureSkipVerify"] {
					found++
					require.True(t, keys["VerifyConnection"] || keys["VerifyPeerCertificate"],
						"%s: verification is skipped, and nothing stands in its place", files.Position(n.Pos()))
				}
			}
			return true
		})
		return nil
	})
	require.NoError(t, err)
	require.Positive(t, found)
}
