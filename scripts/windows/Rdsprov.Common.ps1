# SPDX-License-Identifier: Apache-2.0
# What the three scripts share. Windows PowerShell 5.1; dot-sourced. To verify on Windows: all of it.
# What is read and written in the registry is rdsprov-setup.exe's business alone.

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

function Write-Blocked([string] $Why) {
    Write-Host "BLOCKED: $Why"
}

# Runs rdsprov-setup.exe and shows what it prints; returns its exit code
# (0 done, 1 failed, 2 usage, 3 BLOCKED, 4 not as installed).
function Invoke-RdsprovSetup([string] $Directory, [string[]] $Arguments) {
    $program = Join-Path $Directory 'rdsprov-setup.exe'
    & $program $Arguments | Out-Host
    return $LASTEXITCODE
}

# rdsprov-session.exe as the launcher service's own installer: /install, /uninstall, /status. It has no console; a pipe makes
# PowerShell wait for it.
function Invoke-RdsprovLauncher([string] $Directory, [string] $Word) {
    $program = Join-Path $Directory 'rdsprov-session.exe'
    & $program $Word | Out-Host
    return $LASTEXITCODE
}

function Get-RdsprovLauncher {
    return Get-Service -Name 'rdsprov-launcher' -ErrorAction SilentlyContinue
}

# Made by the service's own installer, below a folder that only administrators can write to.
function Get-RdsprovLauncherLog {
    return Join-Path $env:SystemRoot 'System32\LogFiles\rdsprov\launcher.log'
}

# Starts the launcher service and waits until it says that it runs. Returns whether it does.
function Start-RdsprovLauncher {
    $service = Get-RdsprovLauncher
    if ($null -eq $service) { return $false }
    if ($service.Status -ne 'Running') { Start-Service -Name 'rdsprov-launcher' -ErrorAction SilentlyContinue }
    $service.Refresh()
    return $service.Status -eq 'Running'
}

# The display driver's INF in the package, or nothing.
function Get-RdsprovDriverInf([string] $Directory) {
    $inf = Join-Path $Directory 'driver\rdsprov_idd.inf'
    if (Test-Path -LiteralPath $inf) { return $inf }
    return $null
}

# The packages of the driver that are in the driver store: their published names (oemNN.inf).
function Get-RdsprovDriver {
    return @(Get-WindowsDriver -Online | Where-Object { $_.OriginalFileName -like '*\rdsprov_idd.inf' })
}

function Get-RdsprovRuleName([string] $Listener) {
    return "rdsprov-$Listener"
}

function Get-RdsprovRule([string] $Listener) {
    return Get-NetFirewallRule -Name (Get-RdsprovRuleName $Listener) -ErrorAction SilentlyContinue
}

function Get-RdsprovDataDirectory {
    return Join-Path $env:ProgramData 'rdsprov'
}

# Is the DLL loaded in the service's process?
function Test-RdsprovLoaded {
    $lines = & tasklist.exe /m rdsprov.dll /fo csv /nh
    return ($lines -join ' ') -match 'svchost\.exe'
}

# Are the files those of the package? Returns how many are not. A package that was put together by hand has no list.
function Test-RdsprovFiles([string] $Directory) {
    $against = 0
    $list = Join-Path $Directory 'SHA256SUMS.txt'
    if (-not (Test-Path -LiteralPath $list)) {
        Write-Host 'note: no SHA256SUMS.txt: the files are not compared with the package'
        return 0
    }
    foreach ($line in Get-Content -LiteralPath $list) {
        if ($line -notmatch '^([0-9a-f]{64}) \*(.+)$') { continue }
        $hash = $Matches[1]
        $file = Join-Path $Directory $Matches[2]
        # symbols are in the zip only
        if (-not (Test-Path -LiteralPath $file)) { continue }
        if ((Get-FileHash -LiteralPath $file -Algorithm SHA256).Hash -ne $hash) {
            Write-Blocked "$file is not the package's"
            $against++
        }
    }
    return $against
}

# Signatures; returns how much stands against it. Windows loads an unsigned DLL into the service, but no driver whose catalog is
# not signed by somebody whom this machine trusts.
function Test-RdsprovSignatures([string] $Directory) {
    $against = 0
    foreach ($file in 'rdsprov.dll', 'rdsprov-peer.exe', 'rdsprov-session.exe', 'rdsprov-setup.exe') {
        $path = Join-Path $Directory $file
        if (-not (Test-Path -LiteralPath $path)) { continue }
        $status = (Get-AuthenticodeSignature -LiteralPath $path).Status
        if ($status -eq 'NotSigned') {
            Write-Host "note: $file is not signed"
        } elseif ($status -ne 'Valid') {
            Write-Blocked "the signature of ${file}: $status"
            $against++
        }
    }
    $inf = Get-RdsprovDriverInf $Directory
    if ($null -eq $inf) {
        Write-Host 'note: this package has no display driver'
        return $against
    }
    $catalog = $inf -replace '\.inf$', '.cat'
    if (-not (Test-Path -LiteralPath $catalog)) {
        Write-Blocked 'the display driver has no catalog: sign it first (docs\windows.md)'
        $against++
    } elseif ((Get-AuthenticodeSignature -LiteralPath $catalog).Status -ne 'Valid') {
        Write-Blocked 'the signature of the display driver is not trusted by this machine (docs\windows.md)'
        $against++
    }
    return $against
}

# What the registry does not say; returns how much stands against it. The rest is rdsprov-setup's preflight.
function Test-RdsprovPreflight([string] $Directory, [int] $Port) {
    $against = 0
    if (-not [Environment]::Is64BitProcess) {
        Write-Blocked 'this is a 32-bit PowerShell'
        $against++
    }
    foreach ($file in 'rdsprov.dll', 'rdsprov-peer.exe', 'rdsprov-session.exe', 'rdsprov-setup.exe') {
        if (-not (Test-Path -LiteralPath (Join-Path $Directory $file))) {
            Write-Blocked "$file is not in $Directory"
            $against++
        }
    }
    # A folder that users may write to would let them run code in the service.
    $programs = $env:ProgramFiles.TrimEnd('\') + '\'
    if (-not ([IO.Path]::GetFullPath($Directory) + '\').StartsWith($programs, [StringComparison]::OrdinalIgnoreCase)) {
        Write-Blocked "$Directory is not below $programs"
        $against++
    }
    if (Get-Command -Name Get-WindowsFeature -ErrorAction SilentlyContinue) {
        $role = Get-WindowsFeature -Name RDS-RD-Server
        if ($null -eq $role -or -not $role.Installed) {
            Write-Blocked 'the role Remote Desktop Session Host (RDS-RD-Server) is not installed'
            $against++
        }
    } else {
        Write-Blocked 'no Get-WindowsFeature: this is no Windows Server'
        $against++
    }
    if (-not (Get-Service -Name TermService -ErrorAction SilentlyContinue)) {
        Write-Blocked 'there is no service TermService'
        $against++
    }
    $taken = @(Get-NetTCPConnection -State Listen -LocalPort $Port -ErrorAction SilentlyContinue)
    if ($taken.Count -gt 0) {
        Write-Blocked "TCP port $Port is taken by process $($taken[0].OwningProcess)"
        $against++
    }
    $against += Test-RdsprovFiles $Directory
    $against += Test-RdsprovSignatures $Directory
    return $against
}

# The service reads its listeners when it starts. Its own stop fails while UmRdpService depends on it, and its process is shared:
# nothing is killed here.
function Restart-RdsprovService {
    Write-Host 'Remote Desktop Services must be restarted. That ends EVERY remote desktop session of this machine,'
    Write-Host 'yours, too, if you are on one. RDP-Tcp is not changed and comes back with the service.'
    $answer = Read-Host -Prompt 'Restart it now? Type yes, or anything else to do it later'
    if ($answer -ne 'yes') {
        Write-Host 'Not restarted. Later: Stop-Service UmRdpService -Force; Stop-Service TermService -Force; Start-Service TermService'
        return
    }
    Stop-Service -Name UmRdpService -Force
    Stop-Service -Name TermService -Force
    Start-Service -Name TermService
    Start-Service -Name UmRdpService
    Write-Host 'Restarted.'
}
