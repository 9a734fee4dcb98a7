package generate_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/internal/generate"
)

func TestEveryFlawCanBeMade(t *testing.T) {
	for _, f := range generate.Flaws() {
		t.Run(f.Name, func(t *testing.T) {
			s := generate.Plain(max(1, f.Links))
			before, err := json.Marshal(s)
			require.NoError(t, err)
			f.Apply(&s)
			after, err := json.Marshal(s)
			require.NoError(t, err)
			require.NotEqual(t, string(before), string(after))
			_, err = s.Build(time.Now())
			require.NoError(t, err)
		})
	}
}
