#Requires -Version 5.1
#Requires -RunAsAdministrator
<#
.SYNOPSIS
Sets this PC up as a kiosk of Loket, or takes that back.

.DESCRIPTION
Puts the programs into Program Files, makes an account of the kiosk's own that may do
nothing else, gives it the data folder, lets Windows log it on by itself, and puts the
kiosk in the place of its desktop. Nothing is downloaded. Run it again to put in a later
version: settings and data stay.

.PARAMETER Account
The account of the kiosk, made if it is missing.

.PARAMETER Data
The data folder.

.PARAMETER ProgramsOnly
Only the programs and the data folder: no account, no logon, no desktop changed. For a
PC that is not a kiosk, such as one with a hub.

.PARAMETER Undo
Takes all of it back, but for the data folder: reports may wait in it.

.EXAMPLE
powershell -ExecutionPolicy Bypass -File install.ps1
#>
[CmdletBinding()]
param(
    [string]$Account = 'LoketKiosk',
    [string]$Data = (Join-Path $env:ProgramData 'Loket'),
    [switch]$ProgramsOnly,
    [switch]$Undo
)
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$programs = Join-Path $env:ProgramFiles 'Loket'
$winlogon = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon'
$edges = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\EdgeUI'

# What Windows logs on with is a secret of the system, not a value that every user of
# this PC could read in the registry.
Add-Type -TypeDefinition @'
using System;
using System.ComponentModel;
using System.Runtime.InteropServices;
public static class LoketSecret {
    [StructLayout(LayoutKind.Sequential)]
    struct Text { public ushort Length, Most; public IntPtr Buffer; }
    [StructLayout(LayoutKind.Sequential)]
    struct Attributes { public int Length; public IntPtr Root, Name; public uint Flags; public IntPtr Security, Quality; }
    [DllImport("advapi32.dll")] static extern uint LsaOpenPolicy(IntPtr system, ref Attributes a, uint access, out IntPtr policy);
    [DllImport("advapi32.dll")] static extern uint LsaStorePrivateData(IntPtr policy, ref Text key, IntPtr value);
    [DllImport("advapi32.dll")] static extern uint LsaClose(IntPtr policy);
    [DllImport("advapi32.dll")] static extern int LsaNtStatusToWinError(uint status);
    static Text New(string s) {
        return new Text { Length = (ushort)(s.Length * 2), Most = (ushort)(s.Length * 2 + 2), Buffer = Marshal.StringToHGlobalUni(s) };
    }
    static void Check(uint status) { if (status != 0) throw new Win32Exception(LsaNtStatusToWinError(status)); }
    public static void Keep(string name, string value) { // none: forget it
        var a = new Attributes { Length = Marshal.SizeOf(typeof(Attributes)) };
        IntPtr policy, to = IntPtr.Zero;
        Check(LsaOpenPolicy(IntPtr.Zero, ref a, 0x20, out policy)); // POLICY_CREATE_SECRET
        try {
            var key = New(name);
            if (!String.IsNullOrEmpty(value)) {
                to = Marshal.AllocHGlobal(Marshal.SizeOf(typeof(Text)));
                Marshal.StructureToPtr(New(value), to, false);
            }
            uint status = LsaStorePrivateData(policy, ref key, to);
            if (to != IntPtr.Zero || status != 0xC0000034) Check(status); // it was not there
        } finally { LsaClose(policy); }
    }
}
'@

function Set-Value($Path, $Name, $Value, $Type = 'DWord') {
    if (-not (Test-Path $Path)) { New-Item -Path $Path -Force | Out-Null }
    New-ItemProperty -Path $Path -Name $Name -Value $Value -PropertyType $Type -Force | Out-Null
}

function Stop-Loket {
    Get-Process -Name kiosk -ErrorAction SilentlyContinue | Where-Object { $_.Path -eq (Join-Path $programs 'kiosk.exe') } | Stop-Process -Force
}

# Edits the registry of the kiosk's account, which is not logged on.
function Edit-Account($Sid, [scriptblock]$Edit) {
    $profileKey = "HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList\$Sid"
    if (-not (Test-Path $profileKey)) { throw "The account $Account has no profile yet: log on as it once, then run this again." }
    if (Test-Path "Registry::HKEY_USERS\$Sid") { & $Edit "Registry::HKEY_USERS\$Sid"; return } # it is logged on
    $hive = Join-Path (Get-ItemProperty $profileKey).ProfileImagePath 'NTUSER.DAT'
    & reg.exe load 'HKU\LoketKiosk' $hive | Out-Null
    if ($LASTEXITCODE -ne 0) { throw "The registry of $Account cannot be opened: restart the PC and run this again." }
    try { & $Edit 'Registry::HKEY_USERS\LoketKiosk' }
    finally {
        [GC]::Collect(); [GC]::WaitForPendingFinalizers() # or the hive stays in use
        & reg.exe unload 'HKU\LoketKiosk' | Out-Null
    }
}

if ($Undo) {
    Stop-Loket
    Set-Value $winlogon 'AutoAdminLogon' '0' String
    Remove-ItemProperty $winlogon -Name DefaultUserName, DefaultDomainName -ErrorAction SilentlyContinue
    [LoketSecret]::Keep('DefaultPassword', $null)
    Remove-ItemProperty $edges -Name AllowEdgeSwipe -ErrorAction SilentlyContinue
    $user = Get-LocalUser -Name $Account -ErrorAction SilentlyContinue
    if ($user) {
        $sid = $user.SID.Value
        Get-CimInstance Win32_UserProfile | Where-Object { $_.SID -eq $sid } | Remove-CimInstance
        Remove-LocalUser -Name $Account
    }
    $path = [Environment]::GetEnvironmentVariable('Path', 'Machine')
    [Environment]::SetEnvironmentVariable('Path', (($path -split ';' | Where-Object { $_ -ne $programs }) -join ';'), 'Machine')
    Remove-Item $programs -Recurse -Force -ErrorAction SilentlyContinue
    Write-Host "Taken back. $Data is still there: reports may wait in it. Power settings stayed as they are."
    exit 0
}

# The programs.
Stop-Loket
New-Item -ItemType Directory -Path $programs -Force | Out-Null
Copy-Item -Path (Join-Path $PSScriptRoot 'kiosk.exe'), (Join-Path $PSScriptRoot 'hub.exe'), (Join-Path $PSScriptRoot 'loket.cmd') -Destination $programs -Force
Get-ChildItem $programs | Unblock-File
$path = [Environment]::GetEnvironmentVariable('Path', 'Machine')
if (($path -split ';') -notcontains $programs) { [Environment]::SetEnvironmentVariable('Path', "$path;$programs", 'Machine') }

if (-not $ProgramsOnly) {
    # The account: a new password each time, which nobody needs to know.
    $bytes = New-Object byte[] 24
    [Security.Cryptography.RandomNumberGenerator]::Create().GetBytes($bytes)
    $secret = [Convert]::ToBase64String($bytes) + 'aA1!'
    $password = ConvertTo-SecureString $secret -AsPlainText -Force
    $user = Get-LocalUser -Name $Account -ErrorAction SilentlyContinue
    if ($user) { Set-LocalUser -Name $Account -Password $password -PasswordNeverExpires $true }
    else { $user = New-LocalUser -Name $Account -Password $password -PasswordNeverExpires -UserMayNotChangePassword -FullName 'Loket' -Description 'The kiosk at the door' }
    $users = Get-LocalGroup -SID 'S-1-5-32-545' # Users, whatever it is called here
    Add-LocalGroupMember -Group $users -Member $user -ErrorAction SilentlyContinue # it may be in it
}

# The data folder: for the kiosk, the system and its administrators.
New-Item -ItemType Directory -Path $Data -Force | Out-Null
$rights = @('*S-1-5-18:(OI)(CI)F', '*S-1-5-32-544:(OI)(CI)F')
if (-not $ProgramsOnly) { $rights += "*$($user.SID.Value):(OI)(CI)M" }
& icacls.exe $Data /inheritance:r /grant:r $rights | Out-Null
if ($LASTEXITCODE -ne 0) { throw "The rights of $Data cannot be set." }
$settings = Join-Path $Data 'kiosk.toml'
if (-not (Test-Path $settings)) { # not by ">", which would write UTF-16
    [IO.File]::WriteAllText($settings, ((& (Join-Path $programs 'loket.cmd') config) -join "`n") + "`n")
}
if ($ProgramsOnly) { Write-Host "The programs are in $programs, the data folder is $Data."; exit 0 }

# Its profile, so that its registry can be set before its first logon.
if (-not (Test-Path "HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList\$($user.SID.Value)")) {
    $as = New-Object Management.Automation.PSCredential("$env:COMPUTERNAME\$Account", $password)
    Start-Process -FilePath "$env:SystemRoot\System32\cmd.exe" -ArgumentList '/c', 'exit' -WorkingDirectory "$env:SystemRoot" -Credential $as -LoadUserProfile -WindowStyle Hidden -Wait
    Start-Sleep -Seconds 3 # until Windows has let go of it
}

# The kiosk in the place of the desktop, and nothing beside it.
$shell = '"' + (Join-Path $programs 'kiosk.exe') + '" run --stay --data "' + $Data + '"'
Edit-Account $user.SID.Value {
    param($root)
    $policies = "$root\Software\Microsoft\Windows\CurrentVersion\Policies\System"
    Set-Value $policies 'Shell' $shell String
    Set-Value $policies 'DisableTaskMgr' 1
    Set-Value $policies 'DisableLockWorkstation' 1
    Set-Value $policies 'DisableChangePassword' 1
    Set-Value "$root\Software\Microsoft\Windows\CurrentVersion\Policies\Explorer" 'NoLogoff' 1
    Set-Value "$root\Software\Microsoft\Windows\CurrentVersion\PushNotifications" 'ToastEnabled' 0
    Set-Value "$root\Software\Microsoft\TabletTip\1.7" 'EnableDesktopModeAutoInvoke' 0 # no second keyboard
    Set-Value "$root\Software\Microsoft\Wisp\Touch" 'TouchMode_hold' 0 # a long touch is a touch
    Set-Value "$root\Control Panel\Cursors" 'ContactVisualization' 0
    Set-Value "$root\Control Panel\Cursors" 'GestureVisualization' 0
    Set-Value "$root\Control Panel\Desktop" 'ScreenSaveActive' '0' String
    foreach ($keys in 'StickyKeys', 'ToggleKeys', 'Keyboard Response') { # no window after five times Shift
        Set-Value "$root\Control Panel\Accessibility\$keys" 'Flags' '0' String
    }
}
Set-Value $edges 'AllowEdgeSwipe' 0

# Logged on by itself, and awake.
[LoketSecret]::Keep('DefaultPassword', $secret)
Set-Value $winlogon 'AutoAdminLogon' '1' String
Set-Value $winlogon 'DefaultUserName' $Account String
Set-Value $winlogon 'DefaultDomainName' $env:COMPUTERNAME String
Remove-ItemProperty $winlogon -Name DefaultPassword, AutoLogonCount -ErrorAction SilentlyContinue
foreach ($setting in 'monitor-timeout-ac', 'standby-timeout-ac', 'hibernate-timeout-ac', 'disk-timeout-ac') { & powercfg.exe /change $setting 0 }
Set-Service -Name w32time -StartupType Automatic
Start-Service -Name w32time

Write-Host @"
This PC is a kiosk after its next start. Before that, in a new window of PowerShell or cmd as administrator:

  loket enrol --hub https://HUB --code CODE     the code is from the hub's fleet page
  notepad $settings                             the screen's width, the printer
  loket printer find
  loket printer test
  loket doctor

Then restart. To get out of the kiosk: Ctrl+Alt+Del, sign out, and hold Shift until Windows asks who you are.
"@
