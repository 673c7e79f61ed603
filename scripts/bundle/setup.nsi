; cfm-setup.exe: puts the bundle for Windows on a machine, for all its users (docs/decisions/0046, docs/install.md).
;
;   makensis -DFOLDER=cfm-1.2.3-win-x64 -DHELPER=setup-tool.exe -DVERSION=1.2.3 -DQUAD=1.2.3.0 -DOUTFILE=cfm-setup.exe setup.nsi
;
; /S               asks nothing and shows nothing
; /D=FOLDER        another folder (NSIS: the last word, without quotation marks); else %ProgramFiles%\cfm
; /LOG=FILE        adds what happens to FILE
; /NOMIGRATE       leaves a registry of an older version as it is
; uninstall.exe /S [/PURGE] [/LOG=FILE]

Unicode true
Target amd64-unicode
RequestExecutionLevel admin
!ifdef QUICK
	SetCompressor zlib
!else
	SetCompressor /SOLID lzma
	SetCompressorDictSize 32
!endif
ManifestSupportedOS all
CRCCheck force
Name "cfm ${VERSION}"
OutFile "${OUTFILE}"
InstallDir "$PROGRAMFILES64\cfm"
ShowInstDetails show
VIProductVersion "${QUAD}"
VIAddVersionKey ProductName "cfm"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey FileDescription "cfm setup"
VIAddVersionKey LegalCopyright "MIT License"

!include FileFunc.nsh
!include LogicLib.nsh
!include WordFunc.nsh
!include x64.nsh

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\cfm"

; As programs that deploy software expect them.
!define FAILED 1603
!define NEWER_IS_THERE 1638
!define BAD_WORD 1639
!define RESTART 3010
; Installed, but the registry of the older version could not be brought up to date.
!define NOT_MIGRATED 20

!ifdef UNINSTALLER_SIGNER
	!uninstfinalize '${UNINSTALLER_SIGNER} "%1"'
!endif

Var Log
Var Outcome

!define say "!insertmacro SAY"
!macro SAY TEXT
	DetailPrint "${TEXT}"
	${If} $Log != ""
		FileOpen $R9 "$Log" a
		FileSeek $R9 0 END $R8
		${If} $R8 == 0
			FileWriteUTF16LE /BOM $R9 "${TEXT}$\r$\n"
		${Else}
			FileWriteUTF16LE $R9 "${TEXT}$\r$\n"
		${EndIf}
		FileClose $R9
	${EndIf}
!macroend

!macro GIVE_UP CODE TEXT
	${say} "${TEXT}"
	IfSilent +2
	MessageBox MB_OK|MB_ICONSTOP "${TEXT}"
	SetErrorLevel ${CODE}
	Quit
!macroend
!define giveUp "!insertmacro GIVE_UP"

; Runs the helper, says what it said, and leaves its exit code in $0. Words with spaces are quoted by who calls.
!macro TOOL WORDS
	ExecWait '"$PLUGINSDIR\setup-tool.exe" "$PLUGINSDIR\said.txt" ${WORDS}' $0
	FileOpen $R7 "$PLUGINSDIR\said.txt" r
	${Do}
		ClearErrors
		FileReadUTF16LE $R7 $1
		${If} ${Errors}
			${ExitDo}
		${EndIf}
		${WordReplace} $1 "$\r" "" "+" $1
		${WordReplace} $1 "$\n" "" "+" $1
		${say} "$1"
	${Loop}
	FileClose $R7
!macroend
!define tool "!insertmacro TOOL"

; Only what stands in $PLUGINSDIR, which Administrators alone can write, and in the folder of the program is ever started.
!macro PREPARE
	SetRegView 64
	SetShellVarContext all
	InitPluginsDir
	File "/oname=$PLUGINSDIR\setup-tool.exe" "${HELPER}"
	StrCpy $Outcome 0
	${GetParameters} $R0
	ClearErrors
	${GetOptions} $R0 "/LOG=" $Log
	${If} ${Errors}
		StrCpy $Log ""
	${EndIf}
!macroend

PageEx directory
PageExEnd
Page instfiles
UninstPage uninstConfirm
UninstPage instfiles

Function .onInit
	!insertmacro PREPARE
	${IfNot} ${RunningX64}
		${giveUp} ${FAILED} "cfm needs a 64-bit Windows."
	${EndIf}
	ReadRegStr $0 HKLM "${UNINSTALL}" "DisplayVersion"
	ReadRegStr $1 HKLM "${UNINSTALL}" "InstallLocation"
	${If} $0 != ""
		${VersionCompare} "$0" "${VERSION}" $2
		${If} $2 == 1
			${giveUp} ${NEWER_IS_THERE} "cfm $0 is installed, which is newer than ${VERSION}. To go back, uninstall it first: the registry stays."
		${EndIf}
		${If} $1 != ""
			; An upgrade and a repair stay where cfm is: two on one PATH would be a riddle.
			StrCpy $INSTDIR $1
		${EndIf}
	${EndIf}
FunctionEnd

; A folder that somebody else has filled is nobody's to take over.
Function RefuseForeignFolder
	${If} ${FileExists} "$INSTDIR\*.*"
	${AndIfNot} ${FileExists} "$INSTDIR\uninstall.exe"
		${DirState} "$INSTDIR" $0
		${If} $0 == 1
			${giveUp} ${BAD_WORD} "$INSTDIR is not empty and holds no cfm. Choose another folder, or empty it."
		${EndIf}
	${EndIf}
	${If} ${FileExists} "$INSTDIR\uninstall.exe"
		ReadRegStr $1 HKLM "${UNINSTALL}" "InstallLocation"
		${If} $1 != $INSTDIR
			${giveUp} ${BAD_WORD} "$INSTDIR holds a cfm that Windows does not know. Choose another folder, or empty it."
		${EndIf}
	${EndIf}
FunctionEnd

Section Install
	${say} "Installing cfm ${VERSION} in $INSTDIR"
	Call RefuseForeignFolder
	${tool} 'own "$INSTDIR"'
	${If} $0 != 0
		${giveUp} ${FAILED} "$INSTDIR could not be made safe: see the line before."
	${EndIf}
	; Once more: until now somebody else may have put something into it.
	Call RefuseForeignFolder
	${tool} 'clear "$INSTDIR"'
	${If} $0 == 2
		StrCpy $Outcome ${RESTART}
	${ElseIf} $0 != 0
		${giveUp} ${FAILED} "The files of the version before could not be removed: see the line before."
	${EndIf}

	; What is left of an update (cfm self update): all files are put in place now.
	RMDir /r "$INSTDIR\update"
	ClearErrors
	SetOutPath "$INSTDIR"
	SetOverwrite on
	Delete "$INSTDIR\uninstall.exe"
	WriteUninstaller "$INSTDIR\uninstall.exe"
	File /r "${FOLDER}\*.*"
	${If} ${Errors}
		${giveUp} ${FAILED} "Not all files could be written to $INSTDIR. Run the setup again."
	${EndIf}
	${tool} 'path add "$INSTDIR\bin"'
	${If} $0 != 0
		${giveUp} ${FAILED} "$INSTDIR\bin could not be added to PATH: see the line before."
	${EndIf}
	${tool} 'modules add "$INSTDIR\powershell"'
	${If} $0 != 0
		${say} "PowerShell will not find the module Cfm by itself: Import-Module $INSTDIR\powershell\Cfm"
	${EndIf}

	WriteRegStr HKLM "${UNINSTALL}" "DisplayName" "cfm"
	WriteRegStr HKLM "${UNINSTALL}" "DisplayVersion" "${VERSION}"
	WriteRegStr HKLM "${UNINSTALL}" "InstallLocation" "$INSTDIR"
	; It runs from a copy in a temporary folder that only Administrators can write (NSIS since CVE-2023-37378).
	WriteRegStr HKLM "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
	WriteRegStr HKLM "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
	WriteRegStr HKLM "${UNINSTALL}" "Publisher" "cfm"
	WriteRegDWORD HKLM "${UNINSTALL}" "NoModify" 1
	${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
	WriteRegDWORD HKLM "${UNINSTALL}" "EstimatedSize" $0

	${GetParameters} $R0
	ClearErrors
	${GetOptions} $R0 "/NOMIGRATE" $0
	${If} ${Errors}
		; Who runs the setup may have settings of their own.
		System::Call 'kernel32::SetEnvironmentVariable(t "APPDATA", t "$PLUGINSDIR") i'
		${tool} 'migrate "$INSTDIR\bin\cfm.exe"'
		${If} $0 != 0
		${AndIf} $Outcome == 0
			StrCpy $Outcome ${NOT_MIGRATED}
		${EndIf}
	${Else}
		${say} "The registry is left as it is (/NOMIGRATE)."
	${EndIf}
	${say} "cfm ${VERSION} is installed. Exit code: $Outcome"
	SetErrorLevel $Outcome
SectionEnd

Function un.onInit
	!insertmacro PREPARE
FunctionEnd

Section Uninstall
	${say} "Removing cfm from $INSTDIR"
	${tool} 'path remove "$INSTDIR\bin"'
	${tool} 'modules remove "$INSTDIR\powershell"'
	${tool} 'clear "$INSTDIR"'
	${If} $0 == 2
		StrCpy $Outcome ${RESTART}
	${ElseIf} $0 != 0
		${giveUp} ${FAILED} "Not all files could be removed: see the line before."
	${EndIf}
	Delete "$INSTDIR\uninstall.exe"
	Delete "$INSTDIR\SHA256SUMS.sig"
	RMDir /r "$INSTDIR\update"
	RMDir "$INSTDIR\bin"
	RMDir "$INSTDIR\node"
	RMDir "$INSTDIR\docs"
	RMDir "$INSTDIR\powershell\Cfm"
	RMDir "$INSTDIR\powershell"
	RMDir "$INSTDIR\dist\cache"
	RMDir "$INSTDIR\dist\native"
	RMDir "$INSTDIR\dist\vendor"
	RMDir "$INSTDIR\dist"
	RMDir "$INSTDIR"
	DeleteRegKey HKLM "${UNINSTALL}"
	${GetParameters} $R0
	ClearErrors
	${GetOptions} $R0 "/PURGE" $0
	${IfNot} ${Errors}
		; Windows' own answer for all users (SetShellVarContext): a variable says what whoever set it wants.
		${say} "Removing the registry, its backups and the settings in $APPDATA\cfm"
		RMDir /r "$APPDATA\cfm"
	${Else}
		${say} "The registry and the settings in %ProgramData%\cfm stay."
	${EndIf}
	${say} "cfm is removed. Exit code: $Outcome"
	SetErrorLevel $Outcome
SectionEnd
