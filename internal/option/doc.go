// Package option reads options: what stands behind the question mark of a SPEC,
// or as keys of an entry in the configuration file.
//
//	url.Values ──► Set.Parse ──► the fields of a Config
//
// A Set names every option that there is and says where its value goes. What is
// unknown, stands there twice or cannot be read is an error that names the option,
// its value and what is wanted, in the order of the names, so that the same mistake
// always gives the same line. The value of a secret is never shown.
//
// Everything here is a function of its arguments.
package option
