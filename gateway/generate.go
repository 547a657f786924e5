// SPDX-License-Identifier: Apache-2.0

package gateway

//go:generate go run ./cmd/gateway openapi --output openapi.json
//go:generate go run ./cmd/gateway errors --output ERRORS.md
