# SPDX-License-Identifier: Apache-2.0
#requires -Version 5.1
#requires -RunAsAdministrator
<#
.SYNOPSIS
Installs a listener of rdsprov beside RDP-Tcp, which is never changed. To verify on Windows.
.DESCRIPTION
The listener is NOT enabled: without a display driver no session reaches its desktop, and -Enable is refused until a
driver is there, bound and verified. -Plan (or -WhatIf) says what would be done and changes nothing. What was there
before is written to LISTENER.manifest beside the programs before the first change; Uninstall-Rdsprov.ps1 takes it back.
.EXAMPLE
.\Install-Rdsprov.ps1 -Plan
.EXAMPLE
.\Install-Rdsprov.ps1 -Listener rdsprov-tcp -Port 3390
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [ValidatePattern('^[A-Za-z0-9][A-Za-z0-9_-]{0,23}$')]
    [string] $Listener = 'rdsprov-tcp',
    [ValidateRange(1, 65535)]
    [int] $Port = 3390,
    [string] $Directory = (Join-Path $env:ProgramFiles 'rdsprov'),
    [ValidateSet('Any', 'Domain', 'Private', 'Public')]
    [string[]] $FirewallProfile = @('Domain', 'Private'),
    [switch] $Enable,
    [switch] $SkipPreflight,
    [switch] $Plan
)
. (Join-Path $PSScriptRoot 'Rdsprov.Common.ps1')

$planOnly = $Plan -or $WhatIfPreference
$options = @('--listener', $Listener, '--port', "$Port")
if ($Enable) { $options += '--enable' }
if ($SkipPreflight) { $options += '--skip-preflight' }
$data = Get-RdsprovDataDirectory
$ruleName = Get-RdsprovRuleName $Listener

$against = Test-RdsprovPreflight $Directory $Port
if (-not (Test-Path -LiteralPath (Join-Path $Directory 'rdsprov-setup.exe'))) { exit 3 }
if ($planOnly) {
    $code = Invoke-RdsprovSetup $Directory (@('plan') + $options)
    Write-Host "would make    $data (system, administrators: full; NETWORK SERVICE: change)"
    Write-Host "would make    firewall rule $ruleName, TCP $Port inbound for TermService, enabled: $Enable"
    if ($against -gt 0 -and -not $SkipPreflight) { exit 3 }
    exit $code
}
if ($against -gt 0 -and -not $SkipPreflight) { exit 3 }

# The service runs as NETWORK SERVICE and writes its log, certificate and key here. Names of accounts are translated,
# their SIDs are not. The log is made now, so that administrators may read it.
$log = Join-Path $data 'rdsprov.log'
if (-not (Test-Path -LiteralPath $data)) {
    New-Item -ItemType Directory -Path $data | Out-Null
    & icacls.exe $data /inheritance:r /grant:r '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' '*S-1-5-20:(OI)(CI)M' | Out-Null
    if ($LASTEXITCODE -ne 0) { throw "icacls failed for $data" }
}
if (-not (Test-Path -LiteralPath $log)) { New-Item -ItemType File -Path $log | Out-Null }

# Disabled until the listener is there and was to be enabled.
$madeRule = $false
if (-not (Get-RdsprovRule $Listener)) {
    New-NetFirewallRule -Name $ruleName -DisplayName "rdsprov $Listener (TCP $Port)" -Direction Inbound -Action Allow `
        -Protocol TCP -LocalPort $Port -Program (Join-Path $env:SystemRoot 'System32\svchost.exe') -Service TermService `
        -Profile $FirewallProfile -Enabled False | Out-Null
    $madeRule = $true
}

$code = Invoke-RdsprovSetup $Directory (@('install', '--log-file', $log) + $options)
if ($code -ne 0) {
    if ($madeRule) { Remove-NetFirewallRule -Name $ruleName }
    Write-Host "Not installed (rdsprov-setup: $code)."
    exit $code
}
if ($Enable) {
    Set-NetFirewallRule -Name $ruleName -Enabled True
    Restart-RdsprovService
} else {
    Write-Host 'The listener is not enabled, so the service need not be restarted.'
}
Write-Host "Log: $log"
exit 0
