# SPDX-License-Identifier: Apache-2.0
<#
.SYNOPSIS
Builds the display driver for Windows: rdsprov_idd.dll, its INF and catalog, in one folder for `scripts/package --driver`.

.DESCRIPTION
Needs the Windows SDK and WDK (10.0.26100 or newer, for the stub libraries of UMDF 2.25 and IddCx 1.7), LLVM (clang and lld), CMake,
Ninja and Python 3. To verify on Windows: nobody has run it yet.

.PARAMETER Output
Where the three files go.

.PARAMETER Kits
The kits' folder; what the registry says when it is not given.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Output,
    [string] $Kits
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$root = Split-Path -Parent $PSScriptRoot

function Stop-Build([string] $text) {
    Write-Error "build: $text" -ErrorAction Continue
    exit 1
}

function Invoke-Tool([string] $tool, [string[]] $arguments) {
    & $tool @arguments
    if ($LASTEXITCODE -ne 0) { Stop-Build "$tool failed ($LASTEXITCODE)" }
}

if (-not $Kits) {
    $key = 'HKLM:\SOFTWARE\Microsoft\Windows Kits\Installed Roots'
    if (Test-Path $key) { $Kits = (Get-ItemProperty $key).KitsRoot10 }
}
if (-not $Kits -or -not (Test-Path -LiteralPath $Kits)) { Stop-Build 'no Windows kits: install the SDK and the WDK, or give -Kits' }
foreach ($tool in 'cmake', 'ninja', 'clang', 'python') {
    if (-not (Get-Command $tool -ErrorAction SilentlyContinue)) { Stop-Build "$tool is not there" }
}
if (-not (Test-Path (Join-Path $Kits 'Lib\wdf\umdf\x64\2.25\WdfDriverStubUm.lib'))) {
    Stop-Build "no WdfDriverStubUm.lib of UMDF 2.25 below $Kits"
}
$stubs = @(Get-ChildItem -Path (Join-Path $Kits 'Lib\*\um\x64\iddcx\1.7\IddCxStub.lib') -ErrorAction SilentlyContinue)
if ($stubs.Count -eq 0) { Stop-Build "no IddCxStub.lib of IddCx 1.7 below $Kits" }

$inf = Join-Path $PSScriptRoot 'rdsprov_idd.inf'
Invoke-Tool python @((Join-Path $root 'tests\iddsim\inf_lint.py'), $inf)

$build = Join-Path $root 'build\driver'
# clang, not clang-cl: the tree's warning flags are written for it
Invoke-Tool cmake @('-S', $root, '-B', $build, '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=Release', '-DCMAKE_C_COMPILER=clang',
    '-DRDSPROV_FREERDP=OFF', '-DRDSPROV_TESTS=OFF', '-DRDSPROV_WERROR=OFF', "-DRDSPROV_WDK=$($Kits.TrimEnd('\') -replace '\\', '/')")
Invoke-Tool ninja @('-C', $build, 'rdsprov_idd')

New-Item -ItemType Directory -Force -Path $Output | Out-Null
Copy-Item -LiteralPath (Join-Path $build 'bin\rdsprov_idd.dll'), $inf -Destination $Output
Invoke-Tool python @((Join-Path $PSScriptRoot 'catalog.py'), (Join-Path $Output 'rdsprov_idd.cat'),
    (Join-Path $Output 'rdsprov_idd.dll'), (Join-Path $Output 'rdsprov_idd.inf'))
Write-Output "built: $Output; sign rdsprov_idd.cat (docs\windows.md)"
