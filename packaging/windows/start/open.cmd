@call "%~dp0wardbeat.cmd" open
@if errorlevel 1 pause
