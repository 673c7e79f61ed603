@echo off
rem The Node that stands beside cfm, when there is one, else the one on PATH.
setlocal
rem Never the node.exe of whatever folder this is called from.
set "NoDefaultCurrentDirectoryInExePath=1"
set "CFM_NODE=%~dp0..\node\node.exe"
if not exist "%CFM_NODE%" set "CFM_NODE=node.exe"
"%CFM_NODE%" "%~dp0run.cjs" %*
exit /b %ERRORLEVEL%
