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
