// Package validator stands in for gopkg.in/validator.v2, which generated code checks the patterns of texts with. The spec has no
// patterns, so that every value is valid, and the module needs the standard library only.
package validator

// Validate finds nothing to check.
func Validate(any) error { return nil }
