@rem Commands of the kiosk from a console: unlike kiosk.exe itself, whose program has a
@rem window, this waits until the command has ended, and ends with its exit code.
@start "" /wait /b "%~dp0kiosk.exe" %*
