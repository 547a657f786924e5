// SPDX-License-Identifier: Apache-2.0

// Package tlog holds nothing but its tests: other people's clients, witnesses and
// vectors of transparency logs against ours. See its README.
package tlog
