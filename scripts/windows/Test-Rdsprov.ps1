# SPDX-License-Identifier: Apache-2.0
#requires -Version 5.1
#requires -RunAsAdministrator
<#
.SYNOPSIS
Says whether the installation is as it was made, and what it is doing. Changes nothing. To verify on Windows.
.EXAMPLE
.\Test-Rdsprov.ps1
#>
[CmdletBinding()]
param(
    [ValidatePattern('^[A-Za-z0-9][A-Za-z0-9_-]{0,23}$')]
    [string] $Listener = 'rdsprov-tcp',
    [string] $Directory = (Join-Path $env:ProgramFiles 'rdsprov')
)
. (Join-Path $PSScriptRoot 'Rdsprov.Common.ps1')

$code = Invoke-RdsprovSetup $Directory @('verify', '--listener', $Listener)
$launcher = Invoke-RdsprovLauncher $Directory '/status'
if ($code -eq 0 -and $launcher -ne 0) { $code = 4 }
$service = Get-RdsprovLauncher
if ($null -ne $service -and $service.Status -ne 'Running') {
    Write-Host "differs: the launcher service is $($service.Status)"
    if ($code -eq 0) { $code = 4 }
}
if ((Test-RdsprovFiles $Directory) -gt 0 -and $code -eq 0) { $code = 4 }
Write-Host "note: display drivers of ours in the driver store: $(@(Get-RdsprovDriver).Count)"
$rule = Get-RdsprovRule $Listener
if ($null -eq $rule) {
    Write-Host "differs: there is no firewall rule $(Get-RdsprovRuleName $Listener)"
    if ($code -eq 0) { $code = 4 }
} else {
    Write-Host "ok: firewall rule $($rule.Name), enabled: $($rule.Enabled)"
}
Write-Host "note: TermService is $((Get-Service -Name TermService).Status), rdsprov.dll is loaded in it: $(Test-RdsprovLoaded)"
Write-Host 'note: listeners and sessions as the service sees them:'
& qwinsta.exe | Out-Host
foreach ($log in (Join-Path (Get-RdsprovDataDirectory) 'rdsprov.log'), (Get-RdsprovLauncherLog)) {
    if (Test-Path -LiteralPath $log) {
        Write-Host "note: the end of ${log}:"
        Get-Content -LiteralPath $log -Tail 20 | Out-Host
    }
}
exit $code
