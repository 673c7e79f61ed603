; The stand-in for the vendor's installer of CertifiO Manager - Server Edition.
;
; Nobody published what the real one writes: this one writes what cfm's client profile assumes. Its misbehaviours are
; chosen when it is built, because cfm's command line, `/S /CFMID=<id>`, leaves no room to choose them when it runs:
;   makensis -DVARIANT=ok -DCLIENT=client.exe -DOUTFILE=ok.exe installer.nsi
; An installer without `amd64` in its target would be a 32-bit program, which 64-bit Wine "runs" by doing nothing.

Target amd64-unicode
Unicode true
RequestExecutionLevel user
SetCompress off
CRCCheck off
ShowInstDetails nevershow
!include FileFunc.nsh
!include LogicLib.nsh

!define NAME "certifio-manager-se"
!define TITLE "CertifiO Manager - Server Edition"
!define RELEASE "2.1.0-standin"
!define KEY "Software\Notarius\${NAME}"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\${NAME}"
!define COUNTER "Software\cfm-standin"

Name "${TITLE}"
OutFile "${OUTFILE}"
InstallDir "$APPDATA\Notarius\${NAME}"

Page instfiles
UninstPage instfiles

Var Id

!macro GIVE_UP CODE
	SetErrorLevel ${CODE}
	Quit
!macroend

Function .onInit
	${GetParameters} $0
	ClearErrors
	${GetOptions} $0 "/CFMID=" $Id
	${If} ${Errors}
	${OrIf} $Id == ""
		!insertmacro GIVE_UP 2
	${EndIf}
FunctionEnd

Section Install
	!if "${VARIANT}" == "exit-1602"
		!insertmacro GIVE_UP 1602
	!endif
	!if "${VARIANT}" == "nothing"
		!insertmacro GIVE_UP 0
	!endif
	!if "${VARIANT}" == "hang"
		Sleep 600000
		!insertmacro GIVE_UP 0
	!endif
	!if "${VARIANT}" == "hang-child"
		InitPluginsDir
		File "/oname=$PLUGINSDIR\${NAME}-setup.exe" "${CLIENT}"
		ExecWait '"$PLUGINSDIR\${NAME}-setup.exe" --hang'
		!insertmacro GIVE_UP 0
	!endif
	!if "${VARIANT}" == "busy-then-ok"
		ReadRegDWORD $1 HKCU "${COUNTER}" "Attempts"
		IntOp $1 $1 + 1
		WriteRegDWORD HKCU "${COUNTER}" "Attempts" $1
		${If} $1 == 1
			!insertmacro GIVE_UP 1618
		${EndIf}
	!endif
	!if "${VARIANT}" == "wrong-id"
		IntOp $Id $Id + 1000
	!endif

	; Installing over a running client: end it first, its file is in use.
	${If} ${FileExists} "$INSTDIR\${NAME}.exe"
		ExecWait '"$INSTDIR\${NAME}.exe" --stop'
	${EndIf}

	SetOutPath "$INSTDIR"
	File "/oname=${NAME}.exe" "${CLIENT}"
	FileOpen $2 "$INSTDIR\version.txt" w
	FileWrite $2 "${RELEASE}$\r$\n"
	FileClose $2
	WriteUninstaller "$INSTDIR\uninstall.exe"
	CopyFiles /SILENT "$INSTDIR\${NAME}.exe" "$SMSTARTUP\${NAME}.exe"

	WriteRegStr HKCU "${KEY}" "CFMID" "$Id"
	WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "${TITLE}"
	WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${RELEASE}"
	WriteRegStr HKCU "${UNINSTALL}" "Publisher" "Stand-in for Notarius Inc."
	WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
	WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
	WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
	WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
	WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1

	!if "${VARIANT}" != "no-start"
		Exec '"$INSTDIR\${NAME}.exe"' ; returns before the port listens, as an installer would
	!endif
	!if "${VARIANT}" == "exit-3010"
		SetErrorLevel 3010
	!endif
SectionEnd

; As every NSIS uninstaller: it copies itself to the temporary folder, starts the copy and ends, exit code 0, before
; anything is removed. Only `uninstall.exe /S _?=<folder>` does the work in the process that was started.
Section Uninstall
	ExecWait '"$INSTDIR\${NAME}.exe" --stop'
	Delete "$SMSTARTUP\${NAME}.exe"
	Delete "$INSTDIR\${NAME}.exe"
	Delete "$INSTDIR\version.txt"
	Delete "$INSTDIR\uninstall.exe"
	RMDir "$INSTDIR"
	RMDir "$APPDATA\Notarius"
	DeleteRegKey HKCU "${UNINSTALL}"
	DeleteRegKey HKCU "${KEY}"
	DeleteRegKey /ifempty HKCU "Software\Notarius"
	DeleteRegKey HKCU "${COUNTER}"
SectionEnd
