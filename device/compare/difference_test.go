package compare_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/compare"
)

func TestDifferences(t *testing.T) {
	require.Empty(t, compare.Differences(device.OpenMV50, device.OpenMV50))
	there := compare.Differences(device.OpenMV50, device.MicroPython129)
	back := compare.Differences(device.MicroPython129, device.OpenMV50)
	require.Len(t, there, 10)
	for i, d := range there {
		require.NotEmpty(t, d.Meaning)
		require.Equal(t, d.First, back[i].Second)
		require.Equal(t, d.Second, back[i].First)
	}
}

// TestEveryPropertyIsADifference: whatever a firmware may have, two that differ in it are told apart.
func TestEveryPropertyIsADifference(t *testing.T) {
	// What it is called, and the server random's first octets, which no client looks at.
	names := []string{"Name", "Description", "MicroPython", "MbedTLS", "Epoch", "Unset", "Alike"}
	for field := range reflect.TypeFor[device.Firmware]().Fields() {
		if slices.Contains(names, field.Name) {
			continue
		}
		changed := *device.OpenMV50
		switch v := reflect.ValueOf(&changed).Elem().FieldByIndex(field.Index); v.Kind() {
		case reflect.Bool:
			v.SetBool(!v.Bool())
		case reflect.Int:
			v.SetInt(v.Int() + 1)
		case reflect.String:
			v.SetString(device.MicroPython122.Generation)
		case reflect.Slice:
			v.Set(reflect.ValueOf([]string{"another"}))
		default:
			t.Fatalf("a property of kind %s", v.Kind())
		}
		require.NotEmpty(t, compare.Differences(device.OpenMV50, &changed), "Differences does not know %s", field.Name)
	}
}
