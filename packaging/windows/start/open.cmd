@call "%~dp0wardbeat.cmd" open --desktop
