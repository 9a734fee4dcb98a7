package marked

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReplace(t *testing.T) {
	for _, tc := range []struct{ name, text, want, fails string }{
		{name: "a part", text: "a\n<!-- b -->\nold\n<!-- end of b -->\nc\n", want: "a\n<!-- b -->\nnew\n<!-- end of b -->\nc\n"},
		{name: "an empty part", text: "<!-- b -->\n<!-- end of b -->\n", want: "<!-- b -->\nnew\n<!-- end of b -->\n"},
		{name: "no end", text: "<!-- b -->\n", fails: "0 lines \"<!-- end of b -->\""},
		{name: "two beginnings", text: "<!-- b -->\n<!-- b -->\n<!-- end of b -->\n", fails: "2 lines \"<!-- b -->\""},
		{name: "the end first", text: "<!-- end of b -->\n<!-- b -->\n", fails: "comes before"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := Replace(tc.text, Line("b"), Line("end of b"), "new\n")
			if tc.fails != "" {
				require.ErrorContains(t, err, tc.fails)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
		})
	}
}
