package alerts_test

import "testing"

// What each does is in fuzz_test.go.

func FuzzAlertmanagerBody(f *testing.F) { fuzzBody(f, "alertmanager") }
func FuzzCustomBody(f *testing.F)       { fuzzBody(f, "custom") }
func FuzzDatadogBody(f *testing.F)      { fuzzBody(f, "datadog") }
func FuzzFortaBody(f *testing.F)        { fuzzBody(f, "forta") }
func FuzzGenericBody(f *testing.F)      { fuzzBody(f, "generic") }
func FuzzGrafanaBody(f *testing.F)      { fuzzBody(f, "grafana") }
func FuzzHypernativeBody(f *testing.F)  { fuzzBody(f, "hypernative") }
func FuzzOZMonitorBody(f *testing.F)    { fuzzBody(f, "ozmonitor") }
func FuzzPagerDutyBody(f *testing.F)    { fuzzBody(f, "pagerduty") }
func FuzzSafeBody(f *testing.F)         { fuzzBody(f, "safe") }
func FuzzTenderlyBody(f *testing.F)     { fuzzBody(f, "tenderly") }

func FuzzAlertmanagerProof(f *testing.F) { fuzzProof(f, "alertmanager") }
func FuzzCustomProof(f *testing.F)       { fuzzProof(f, "custom") }
func FuzzDatadogProof(f *testing.F)      { fuzzProof(f, "datadog") }
func FuzzFortaProof(f *testing.F)        { fuzzProof(f, "forta") }
func FuzzGenericProof(f *testing.F)      { fuzzProof(f, "generic") }
func FuzzGrafanaProof(f *testing.F)      { fuzzProof(f, "grafana") }
func FuzzHypernativeProof(f *testing.F)  { fuzzProof(f, "hypernative") }
func FuzzOZMonitorProof(f *testing.F)    { fuzzProof(f, "ozmonitor") }
func FuzzPagerDutyProof(f *testing.F)    { fuzzProof(f, "pagerduty") }
func FuzzSafeProof(f *testing.F)         { fuzzProof(f, "safe") }
func FuzzTenderlyProof(f *testing.F)     { fuzzProof(f, "tenderly") }
