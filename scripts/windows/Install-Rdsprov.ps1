# SPDX-License-Identifier: Apache-2.0
#requires -Version 5.1
#requires -RunAsAdministrator
<#
.SYNOPSIS
Installs a listener of rdsprov beside RDP-Tcp, which is never changed. To verify on Windows.
.DESCRIPTION
The listener is NOT enabled: without a display driver no session reaches its desktop, and -Enable is refused until ours
is in the driver store, signed by somebody whom this machine trusts. -Plan (or -WhatIf) says what would be done and
changes nothing. What was there before is written to LISTENER.manifest beside the programs before the first change;
Uninstall-Rdsprov.ps1 takes it back.
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
$inf = Get-RdsprovDriverInf $Directory

$against = Test-RdsprovPreflight $Directory $Port
if (-not (Test-Path -LiteralPath (Join-Path $Directory 'rdsprov-setup.exe'))) { exit 3 }
if ($planOnly) {
    if ($null -ne $inf) { Write-Host "would stage   $inf (pnputil), and look whether it is in the driver store" }
    Write-Host 'would make    service rdsprov-launcher (LocalSystem, starts with Windows), and start it'
    $code = Invoke-RdsprovSetup $Directory (@('plan') + $options)
    Write-Host "would make    $data (system, administrators: full; NETWORK SERVICE: change)"
    Write-Host "would make    firewall rule $ruleName, TCP $Port inbound for TermService, enabled: $Enable"
    if ($against -gt 0 -and -not $SkipPreflight) { exit 3 }
    exit $code
}
if ($against -gt 0 -and -not $SkipPreflight) { exit 3 }

$madeData = $false
$staged = $false
$madeService = $false
$madeRule = $false

# The service runs as NETWORK SERVICE and writes its log, certificate and key here. Names of accounts are translated,
# their SIDs are not. The log is made now, so that administrators may read it.
$log = Join-Path $data 'rdsprov.log'
if (-not (Test-Path -LiteralPath $data)) {
    New-Item -ItemType Directory -Path $data | Out-Null
    $madeData = $true
    & icacls.exe $data /inheritance:r /grant:r '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' '*S-1-5-20:(OI)(CI)M' | Out-Null
    if ($LASTEXITCODE -ne 0) { throw "icacls failed for $data" }
}
if (-not (Test-Path -LiteralPath $log)) { New-Item -ItemType File -Path $log | Out-Null }

# What this run made is taken back when a later step fails, the last first.
function Undo-Rdsprov([string] $Why) {
    Write-Host "Not installed: $Why"
    if ($madeRule) { Remove-NetFirewallRule -Name $ruleName }
    if ($madeService) { Invoke-RdsprovLauncher $Directory '/uninstall' | Out-Null }
    if ($staged) {
        foreach ($driver in Get-RdsprovDriver) { & pnputil.exe /delete-driver $driver.Driver | Out-Host }
    }
    if ($madeData) { Remove-Item -LiteralPath $data -Recurse }
}

# Step 1: the driver. Staged only: a session's device binds it.
if ($null -ne $inf) {
    $before = @(Get-RdsprovDriver).Count
    & pnputil.exe /add-driver $inf | Out-Host
    $staged = $before -eq 0
    if (@(Get-RdsprovDriver).Count -ne 1) {
        Undo-Rdsprov 'the driver store does not have exactly one package of the display driver'
        exit 1
    }
    Write-Host 'ok: the display driver is in the driver store'
}

# Step 2: the launcher.
$madeService = $null -eq (Get-RdsprovLauncher)
$code = Invoke-RdsprovLauncher $Directory '/install'
if ($code -ne 0 -or -not (Start-RdsprovLauncher)) {
    Undo-Rdsprov 'the launcher service does not run (see the event log, Application, rdsprov-launcher)'
    exit 1
}
Write-Host 'ok: the launcher service runs'

# Step 3: the provider, disabled, and a look at it; step 4: enabled where it was asked for.

# Disabled until the listener is there and was to be enabled.
if (-not (Get-RdsprovRule $Listener)) {
    New-NetFirewallRule -Name $ruleName -DisplayName "rdsprov $Listener (TCP $Port)" -Direction Inbound -Action Allow `
        -Protocol TCP -LocalPort $Port -Program (Join-Path $env:SystemRoot 'System32\svchost.exe') -Service TermService `
        -Profile $FirewallProfile -Enabled False | Out-Null
    $madeRule = $true
}

$code = Invoke-RdsprovSetup $Directory (@('install', '--log-file', $log) + $options)
if ($code -ne 0) {
    Undo-Rdsprov "rdsprov-setup said $code"
    exit $code
}
$code = Invoke-RdsprovSetup $Directory @('verify', '--listener', $Listener)
if ($code -ne 0) {
    Write-Host 'The listener is not as it was made: Uninstall-Rdsprov.ps1 takes it back.'
    exit $code
}
if ($Enable) {
    Set-NetFirewallRule -Name $ruleName -Enabled True
    Restart-RdsprovService
} else {
    Write-Host 'The listener is not enabled, so the service need not be restarted.'
}
Write-Host "Logs: $log, $(Get-RdsprovLauncherLog)"
exit 0
