// Package delivery reads what a CA or an ACME client hands over, in any of the forms that are in
// use, and finds the leaf, its key and its chain by what the files hold. Start with [Read]; what
// comes out becomes the files of a camera with [Delivery.CameraFiles].
//
// A delivery is a stranger's file. The work for it is bounded as a whole, whatever lies in what; the
// constants say how, and what exceeds them is [ErrTooMuch].
package delivery
