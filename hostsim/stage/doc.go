// Package stage serves one listener in several modes, between which it can be switched while
// connections are open: leaf only, second load, full chain and a control. Start with
// [Material.Modes] and [New].
package stage
