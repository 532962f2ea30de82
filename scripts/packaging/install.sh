#!/bin/sh
# Installs agentgazer from its release, for one user and without root. `sh install.sh --help` says more.
set -eu

version=@VERSION@
downloads=@DOWNLOADS@
# The SHA-256 of each archive.
digests='
@DIGESTS@
'

# The list of what was installed, one path below the prefix a line.
list=share/agentgazer/installed
line_end='
'

main() {
  case "$version $downloads $digests" in
    *@[A-Z]*@*)
      fail "this is the template of the installer, and names no release" \
        "take the install.sh that belongs to a release"
      ;;
  esac
  prefix=${HOME:+$HOME/.local}
  source=$downloads
  task=install
  while [ $# -gt 0 ]; do
    case $1 in
      --prefix)
        check_value "$@"
        prefix=$2
        shift
        ;;
      --from)
        check_value "$@"
        case $2 in
          https://* | http://* | file://*) source=${2%/} ;;
          *) misused "--from takes a URL that begins with https://, http:// or file://" ;;
        esac
        shift
        ;;
      --uninstall) task=uninstall ;;
      --help)
        show_help
        return
        ;;
      *) misused "there is an argument that is no option" ;;
    esac
    shift
  done
  case $prefix in
    '') misused "HOME is not set, so --prefix is needed" ;;
    /*) ;;
    *) prefix=$(pwd)/$prefix ;;
  esac
  prefix=${prefix%/}
  "$task"
}

show_help() {
  cat <<EOF
Installs agentgazer $version.

  sh install.sh [--prefix <dir>] [--from <url>]
  sh install.sh --uninstall [--prefix <dir>]

  --prefix <dir>   where to (default ~/.local): <dir>/bin, and the man pages and
                   completions in <dir>/share
  --from <url>     a mirror of the release; it need not be trusted, since this
                   script knows the SHA-256 of what it installs
  --uninstall      removes what was installed; the vault stays
  --help           shows this
EOF
}

check_value() {
  case ${2:-} in
    '' | -*) misused "$1 needs a value" ;;
  esac
}

install() {
  umask 022
  find_system
  archive=agentgazer-$version-$triple.tar.gz
  find_digest
  check_tools
  temporary=
  unpacked=
  room="make room in ${TMPDIR:-/tmp}, or set TMPDIR to another folder"
  trap clean_up EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  temporary=$(umask 077 && mktemp -d "${TMPDIR:-/tmp}/agentgazer-install.XXXXXX") ||
    fail "cannot make a temporary folder" "set TMPDIR to a folder that can be written to"

  say "Downloading $archive"
  download "$source/$archive" "$temporary/$archive"
  found=$(sha256 "$temporary/$archive")
  [ -n "$found" ] || fail "cannot tell the SHA-256 of $archive; nothing was installed" "run this again"
  [ "$found" = "$digest" ] ||
    fail "$archive has the SHA-256 $found instead of $digest; nothing was installed" \
      "run this again; if that does not help, something on the way changes it: try another network, or --from"
  tar -xzof "$temporary/$archive" -C "$temporary" "${archive%.tar.gz}" ||
    fail "cannot unpack $archive; nothing was installed" "$room"

  unpacked=$temporary/${archive%.tar.gz}
  read_list
  files=
  each_file collect
  find_outdated
  each_file check_place
  each_file stage
  write_list "$files$outdated" || fail_to_stage "$list"
  try_executable
  put_in_place
  report
}

# Sets triple.
find_system() {
  machine=$(uname -m)
  case $machine in
    x86_64 | amd64) machine=x86_64 ;;
    aarch64 | arm64) machine=aarch64 ;;
    *) fail "agentgazer is not made for the processor $machine" "it runs on x86_64 and on arm64" ;;
  esac
  system=$(uname -s)
  case $system in
    Linux)
      check_bits
      check_libc
      triple=$machine-unknown-linux-gnu
      ;;
    Darwin)
      # Under Rosetta, uname names the imitated processor.
      if [ "$(sysctl -n hw.optional.arm64 2>/dev/null)" = 1 ]; then machine=aarch64; fi
      triple=$machine-apple-darwin
      ;;
    *) fail "agentgazer is not made for $system" "it runs on Linux and macOS; on Windows, in WSL" ;;
  esac
}

check_bits() {
  [ "$(getconf LONG_BIT 2>/dev/null || :)" != 32 ] ||
    fail "agentgazer has 64 bits: the kernel here is $machine, but the programs have 32 bits" \
      "install the 64-bit version of the system"
}

check_libc() {
  hint="it needs glibc 2.27 or newer, as in Debian 10, Ubuntu 18.04 or RHEL 8"
  case $(ldd --version 2>&1 || :) in
    *musl*) fail "agentgazer does not run on musl, the C library of this system" "$hint" ;;
  esac
  if exists /lib/ld-musl-*.so.1 && ! exists /lib/ld-linux-* && ! exists /lib64/ld-linux-*; then
    fail "agentgazer does not run on musl, the C library of this system" "$hint"
  fi
  glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null || :)
  glibc=${glibc##* }
  major=${glibc%%.*}
  minor=${glibc#*.}
  minor=${minor%%.*}
  # If the version stays unknown, running the executable will tell.
  case $major.$minor in
    .* | *. | *[!0-9.]*) return ;;
  esac
  if [ "$major" -lt 2 ] || { [ "$major" -eq 2 ] && [ "$minor" -lt 27 ]; }; then
    fail "agentgazer does not run on glibc $glibc" "$hint"
  fi
}

# Sets digest.
find_digest() {
  digest=
  previous=
  for word in $digests; do
    [ "$word" != "$archive" ] || digest=$previous
    previous=$word
  done
  [ -n "$digest" ] ||
    fail "agentgazer $version was not released for $triple" \
      "build it from its sources, or take another version"
}

check_tools() {
  again="install it and run this again"
  has curl || has wget ||
    fail "a download needs curl or wget, and neither is installed" "install curl and run this again"
  case $source in
    file:*) has curl || fail "a file: URL needs curl, which is not installed" "$again" ;;
  esac
  has sha256sum || has shasum || has openssl ||
    fail "checking the download needs sha256sum, shasum or openssl, and none is installed" \
      "install coreutils or openssl and run this again"
  for tool in tar gzip mktemp; do
    has "$tool" || fail "$tool is needed and not installed" "$again"
  done
}

# Each program has its own exit code for what cannot be written.
download() {
  code=0
  if has curl; then
    unwritten=23
    case $1 in
      https:*) redirects='=https' ;;
      *) redirects='=https,http' ;;
    esac
    curl -fsSLg --proto '=https,http,file' --proto-redir "$redirects" --retry 3 --connect-timeout 30 \
      --speed-limit 1 --speed-time 60 -o "$2" "$1" || code=$?
  else
    unwritten=3
    # A BusyBox that is built without -T crashes on it.
    case $(wget --help 2>&1 || :) in
      *-T[\ ,]*) wget -q -t 3 -T 60 -O "$2" "$1" || code=$? ;;
      *) wget -q -t 3 -O "$2" "$1" || code=$? ;;
    esac
  fi
  case $code in
    0) ;;
    "$unwritten") fail "cannot write $archive to ${TMPDIR:-/tmp}; nothing was installed" "$room" ;;
    *)
      fail "cannot download $archive; nothing was installed" \
        "check the connection and run this again, or name a mirror with --from"
      ;;
  esac
}

sha256() {
  if has sha256sum; then
    sha256sum
  elif has shasum; then
    shasum -a 256
  else
    openssl dgst -sha256
  fi <"$1" | sed 's/.*= *//; s/ .*//'
}

# Calls a function with each file: its path in the archive, its path below the prefix, and its mode.
each_file() {
  for page in "$unpacked"/man/*.1; do
    page=${page##*/}
    case ${page%.1} in
      *[!a-z0-9-]*) ;;
      agentgazer | agentgazer-*) "$1" "man/$page" "share/man/man1/$page" 644 ;;
    esac
  done
  "$1" completions/agentgazer.bash share/bash-completion/completions/agentgazer 644
  "$1" completions/_agentgazer share/zsh/site-functions/_agentgazer 644
  "$1" completions/agentgazer.fish share/fish/vendor_completions.d/agentgazer.fish 644
  "$1" agentgazer bin/agentgazer 755
}

# Sets listed: what the list names and is there, each behind a line end. A line that each_file could not give
# counts for nothing, whoever wrote it.
read_list() {
  listed=
  exists "$prefix/$list" || return 0
  if [ -L "$prefix/${list%/*}" ]; then refuse_list "${list%/*}"; fi
  if [ ! -f "$prefix/$list" ] || [ -L "$prefix/$list" ]; then refuse_list "$list"; fi
  named=$(
    LC_ALL=C sed -n '
      \|^bin/agentgazer$|p
      \|^share/man/man1/agentgazer\(-[a-z0-9-]\{1,60\}\)\{0,1\}\.1$|p
      \|^share/bash-completion/completions/agentgazer$|p
      \|^share/zsh/site-functions/_agentgazer$|p
      \|^share/fish/vendor_completions\.d/agentgazer\.fish$|p
    ' "$prefix/$list"
  ) || fail "cannot read $prefix/$list" "run this as the user who installed it"
  if [ -z "$named" ] && [ -s "$prefix/$list" ]; then refuse_list "$list"; fi
  for file in $named; do
    if [ -f "$prefix/$file" ] || [ -L "$prefix/$file" ]; then
      has_line "$listed" "$file" || listed=$listed$line_end$file
    fi
  done
}

refuse_list() {
  fail "$prefix/$1 is not from this script; nothing was changed" "$(move_away "$1")"
}

# Whether a text has such a line, and a line end before it.
has_line() {
  case "$1$line_end" in
    *"$line_end$2$line_end"*) ;;
    *) return 1 ;;
  esac
}

# Adds to files: the paths below the prefix, each behind a line end.
collect() {
  files=$files$line_end$2
}

# Sets outdated: what is listed and the release lacks.
find_outdated() {
  outdated=
  for file in $listed; do
    has_line "$files" "$file" || outdated=$outdated$line_end$file
  done
}

check_place() {
  if [ -d "$prefix/$2" ]; then
    fail "$prefix/$2 is a folder; nothing was installed" "$(move_away "$2")"
  fi
  if exists "$prefix/$2" && ! has_line "$listed" "$2"; then
    fail "$prefix/$2 is there, and this script did not install it; nothing was installed" "$(move_away "$2")"
  fi
}

move_away() {
  say "move it away with \`mv -i $(quote "$prefix/$1") $(quote "$prefix/$1.old")\`, or choose another --prefix"
}

# Sets new: where a file waits, beside its place, to be renamed.
name_new() {
  new=$prefix/${1%/*}/.${1##*/}.$$
}

stage() {
  if [ ! -f "$unpacked/$1" ] || [ -L "$unpacked/$1" ]; then
    fail "the release is damaged: $1 is no file in $archive; nothing was installed" "please report it"
  fi
  name_new "$2"
  { mkdir -p "$prefix/${2%/*}" && rm -f "$new" && cp "$unpacked/$1" "$new" && chmod "$3" "$new"; } ||
    fail_to_stage "$2"
}

write_list() {
  name_new "$list"
  mkdir -p "$prefix/${list%/*}" && rm -f "$new" && say "${1#"$line_end"}" >"$new"
}

fail_to_stage() {
  fail "cannot write to $prefix/${1%/*}; nothing was installed" \
    "make room there, or choose a folder of yours with --prefix"
}

try_executable() {
  name_new bin/agentgazer
  code=0
  said=$(LC_ALL=C && export LC_ALL && "$new" --version 2>&1) || code=$?
  if [ "$code" -ne 0 ]; then
    case $said in
      *[Pp]"ermission denied"*)
        hint="if that folder does not allow programs (noexec), choose another with --prefix"
        ;;
      *) hint="please report it, with what \`uname -a\` says" ;;
    esac
    said=${said:-it ended with code $code}
    fail "the new executable does not run in $prefix/bin, so nothing was installed: $said" "$hint"
  fi
  case $said in
    *"$version"*) ;;
    *)
      fail "the release is damaged: its executable is not of version $version; nothing was installed" \
        "please report it"
      ;;
  esac
}

# Lists what it puts there before it does so, and drops what is gone after that. So whatever is there is listed,
# wherever this ends.
put_in_place() {
  replace "" "$list"
  each_file replace
  if [ -n "$outdated" ]; then
    for file in $outdated; do remove "$file"; done
    write_list "$files" || fail_to_replace "$list"
    replace "" "$list"
  fi
}

replace() {
  name_new "$2"
  mv -f "$new" "$prefix/$2" || fail_to_replace "$2"
}

fail_to_replace() {
  fail "cannot replace $prefix/$1; what is installed may be incomplete" "run this again"
}

discard() {
  name_new "$2"
  rm -f "$new"
}

clean_up() {
  if [ -n "$unpacked" ]; then
    each_file discard
    discard "" "$list"
  fi
  if [ -n "$temporary" ]; then rm -rf "$temporary"; fi
}

report() {
  cat <<EOF
Installed agentgazer $version:
  $prefix/bin/agentgazer
  $prefix/share: man pages, and completions for bash, zsh and fish
EOF
  if has_line "$listed" bin/agentgazer; then say "A proxy that runs is still the old version: restart it."; fi
  report_path
  report_zsh
  say "Next: agentgazer"
}

report_path() {
  case ${SHELL:-} in
    */fish) line="fish_add_path $(quote "$prefix/bin")" ;;
    *) line="export PATH=$(quote "$prefix/bin"):\"\$PATH\"" ;;
  esac
  case :${PATH:-}: in
    *":$prefix/bin:"*)
      first=$(command -v agentgazer || :)
      [ "$first" = "$prefix/bin/agentgazer" ] || say "Another agentgazer comes first on the PATH: $first"
      ;;
    *)
      say "$prefix/bin is not on the PATH. Add this line to what your shell reads at its start:"
      say "  $line"
      ;;
  esac
}

report_zsh() {
  case ${SHELL:-}:$prefix in
    *zsh:/usr | *zsh:/usr/local) ;;
    *zsh:*)
      say "For the completions of zsh, add this line to ~/.zshrc, above compinit:"
      say "  fpath=($(quote "$prefix/share/zsh/site-functions") \$fpath)"
      ;;
  esac
}

uninstall() {
  if exists "$prefix/$list"; then
    read_list
    for file in $listed; do remove "$file"; done
    remove "$list"
    rmdir "$prefix/${list%/*}" 2>/dev/null || :
    say "Removed agentgazer from $prefix."
  else
    say "There is nothing to remove: $prefix/$list is not there, which lists what was installed."
    ! exists "$prefix/bin/agentgazer" || say "$prefix/bin/agentgazer stays: this script did not install it."
  fi
  report_vault
}

remove() {
  rm -f "$prefix/$1" || fail "cannot remove $prefix/$1" "run this as the user who installed it"
}

# Other files in that folder may be another program's.
report_vault() {
  vault=${AGENTGAZER_HOME:-${HOME:-}/.agentgazer}
  case $vault in
    /*) ;;
    *) return ;;
  esac
  [ -f "$vault/vault.json" ] || return 0
  line="rm $(quote "$vault/vault.json")"
  [ ! -f "$vault/machine.key" ] || line="$line $(quote "$vault/machine.key")"
  say "Your vault stays: $vault/vault.json. To remove every key in it:"
  say "  $line"
}

# Whether there is such a file, or a link that leads nowhere.
exists() {
  [ -e "$1" ] || [ -L "$1" ]
}

has() {
  command -v "$1" >/dev/null 2>&1
}

# Quotes a text for a shell.
quote() {
  printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

# Unlike echo, prints a backslash as it is.
say() {
  printf '%s\n' "$1"
}

misused() {
  complain "$1" "\`sh install.sh --help\` says what it takes"
  exit 2
}

fail() {
  complain "$1" "$2"
  exit 1
}

complain() {
  printf 'install.sh: error: %s\ninstall.sh: hint: %s\n' "$1" "$2" >&2
}

# A group, so that a download that ends within this line runs nothing either.
{ main "$@" </dev/null; }
