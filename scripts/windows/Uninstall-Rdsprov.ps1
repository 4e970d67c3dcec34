# SPDX-License-Identifier: Apache-2.0
#requires -Version 5.1
#requires -RunAsAdministrator
<#
.SYNOPSIS
Takes back what Install-Rdsprov.ps1 did: registry, firewall rule, launcher service, display driver, data. To verify on Windows.
.DESCRIPTION
-Plan (or -WhatIf) says what would be done and changes nothing. The programs stay; they can be deleted once the service
has been restarted. -KeepData leaves log, certificate and key.
.EXAMPLE
.\Uninstall-Rdsprov.ps1 -Plan
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [ValidatePattern('^[A-Za-z0-9][A-Za-z0-9_-]{0,23}$')]
    [string] $Listener = 'rdsprov-tcp',
    [string] $Directory = (Join-Path $env:ProgramFiles 'rdsprov'),
    [switch] $KeepData,
    [switch] $Plan
)
. (Join-Path $PSScriptRoot 'Rdsprov.Common.ps1')

$planOnly = $Plan -or $WhatIfPreference
$data = Get-RdsprovDataDirectory
$files = @('rdsprov.log', 'certificate.pem', 'key.pem') | ForEach-Object { Join-Path $data $_ }

if ($planOnly) {
    $code = Invoke-RdsprovSetup $Directory @('uninstall', '--plan', '--listener', $Listener)
    Write-Host 'would remove  service rdsprov-launcher, after stopping it'
    foreach ($driver in Get-RdsprovDriver) { Write-Host "would remove  display driver $($driver.Driver) from the driver store" }
    Write-Host "would remove  firewall rule $(Get-RdsprovRuleName $Listener)"
    if (-not $KeepData) { Write-Host "would remove  $($files -join ', '), and $data when nothing else is in it" }
    exit $code
}

$code = Invoke-RdsprovSetup $Directory @('uninstall', '--listener', $Listener)
if ($code -ne 0) { exit $code }
if (Get-RdsprovRule $Listener) { Remove-NetFirewallRule -Name (Get-RdsprovRuleName $Listener) }
if (Test-RdsprovLoaded) { Restart-RdsprovService }
# The provider first, then what it uses: the launcher, the driver. A session that still runs keeps its driver until it ends.
$code = Invoke-RdsprovLauncher $Directory '/uninstall'
if ($code -ne 0) { exit $code }
foreach ($driver in Get-RdsprovDriver) { & pnputil.exe /delete-driver $driver.Driver /uninstall | Out-Host }
if (-not $KeepData -and (Test-Path -LiteralPath $data)) {
    if (Test-RdsprovLoaded) {
        Write-Host "The service still has the log open: $data stays. Run this script again after the restart."
        exit 0
    }
    foreach ($file in $files) {
        if (Test-Path -LiteralPath $file) { Remove-Item -LiteralPath $file }
    }
    if (@(Get-ChildItem -LiteralPath $data -Force).Count -eq 0) {
        Remove-Item -LiteralPath $data
    } else {
        Write-Host "$data has other files in it and stays."
    }
}
Write-Host 'Uninstalled.'
exit 0
