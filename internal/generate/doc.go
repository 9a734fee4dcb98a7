// Package generate makes deliveries from a seed: chains of every shape, with the flaws that certificates
// in the field have, for measuring what clients do with them. Start with [Random] and [Spec.Build].
package generate
