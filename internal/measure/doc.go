// Package measure runs real clients against generated deliveries, and holds what they do against the models
// of hostsim/policy. Start with [Run] and [Compare]; [Learn] makes the data of the models.
package measure
