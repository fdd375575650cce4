# Prints each word that bash offers at the end of a line: bash capture.bash SCRIPT WORD...
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_kairos_wasm
printf '%s\n' "${COMPREPLY[@]}"
