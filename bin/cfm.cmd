@echo off
rem The Node that stands beside cfm, when there is one, else the one on PATH.
setlocal
rem Never the node.exe of whatever folder this is called from.
set "NoDefaultCurrentDirectoryInExePath=1"
rem NODE_OPTIONS and its like load code into Node, and a word that it does not know ends it with one of cfm's exit codes.
for %%N in (COMPILE_CACHE DEBUG DEBUG_NATIVE DISABLE_COLORS DISABLE_COMPILE_CACHE EXTRA_CA_CERTS ICU_DATA NO_WARNINGS OPTIONS PATH PENDING_DEPRECATION PRESERVE_SYMLINKS PRESERVE_SYMLINKS_MAIN REDIRECT_WARNINGS REPL_EXTERNAL_MODULE REPL_HISTORY REPL_MODE SKIP_PLATFORM_CHECK TEST_CONTEXT TLS_REJECT_UNAUTHORIZED USE_ENV_PROXY USE_SYSTEM_CA V8_COVERAGE ) do set "NODE_%%N="
rem Only cfm.exe knows which shell it is called from.
set "CFM_PARENT="
set "CFM_NODE=%~dp0..\node\node.exe"
if exist "%CFM_NODE%" goto start
set "CFM_NODE=node.exe"
rem With administrators' rights only the one beside: a user's folder may be on PATH. They alone may read this key.
"%SystemRoot%\System32\reg.exe" query HKU\S-1-5-19 >NUL 2>&1
if errorlevel 1 goto start
echo cfm runs as an administrator and takes only the Node beside it: put node.exe into the folder node beside bin.>&2
exit /b 2
:start
"%CFM_NODE%" "%~dp0run.cjs" %*
exit /b %ERRORLEVEL%
