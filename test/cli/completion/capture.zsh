# Prints each word that zsh offers at the end of a line: zsh -f capture.zsh SCRIPT LINE
# zsh completes only in an interactive shell, which runs here in a terminal of its own.
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'PROMPT=; RPROMPT=; unset zle_bracketed_paste; autoload -U compinit; compinit -u -D; source '${(q)1}
zpty -w z 'compadd() {
  local -a offered
  builtin compadd -A offered "$@"
  for word in $offered; do print -r -- "<OFFER>$word</OFFER>"; done
  builtin compadd "$@"
}
finish() { print -r -- "<DONE>"; exit }
zle -C offer complete-word _main_complete
bindkey "^I" offer
comppostfuncs=(finish)
print "<REA""DY>"'
zpty -r -m z line '*<READY>*'
zpty -w -n z "$2"$'\t'
zpty -r -m z line '*<DONE>*'
print -r -- $line | grep -o '<OFFER>.*</OFFER>' | sed 's/<[^>]*>//g' | sort -u
