#!/bin/sh
# Jamf Pro, extension attribute of type string: the version that is installed, or "none".
program=/usr/local/bin/wardbeat
if [ -x "$program" ] && version=$("$program" --version 2>/dev/null); then
    echo "<result>${version#wardbeat }</result>"
else
    echo "<result>none</result>"
fi
