@rem the launcher by its full path: cmd.exe looks into the current folder first
@"%SystemRoot%\py.exe" -3.13 -I "%~dp0wardbeat.py" %*
