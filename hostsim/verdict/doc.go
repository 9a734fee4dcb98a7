// Package verdict holds how a visit to a camera ends and why, and what each end alone can say of it:
// [See] speaks for the camera, [Words] for a client. Package hostsim makes one
// verdict of both.
package verdict
