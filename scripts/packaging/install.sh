#!/bin/sh
# Installs agentgazer from its release, for one user and without root. `sh install.sh --help` says more.
set -eu

version=@VERSION@
downloads=@DOWNLOADS@
# The SHA-256 of each archive.
digests='
@DIGESTS@
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
  find_system
  archive=agentgazer-$version-$triple.tar.gz
  find_digest
  check_tools
  temporary=
  unpacked=
  trap clean_up EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  temporary=$(umask 077 && mktemp -d "${TMPDIR:-/tmp}/agentgazer-install.XXXXXX") ||
    fail "cannot make a temporary folder" "set TMPDIR to a folder that can be written to"

  say "Downloading $archive"
  download "$source/$archive" "$temporary/$archive" ||
    fail "cannot download $archive; nothing was installed" \
      "check the connection and run this again, or name a mirror with --from"
  found=$(sha256 "$temporary/$archive")
  [ -n "$found" ] || fail "cannot tell the SHA-256 of $archive; nothing was installed" "run this again"
  [ "$found" = "$digest" ] ||
    fail "$archive has the SHA-256 $found instead of $digest; nothing was installed" \
      "run this again; if that does not help, something on the way changes it: try another network, or --from"
  tar -xzof "$temporary/$archive" -C "$temporary" "${archive%.tar.gz}" ||
    fail "cannot unpack $archive; nothing was installed" \
      "make room in ${TMPDIR:-/tmp}, or set TMPDIR to another folder"

  unpacked=$temporary/${archive%.tar.gz}
  old=
  [ ! -e "$prefix/bin/agentgazer" ] || old=yes
  each_file stage "$unpacked/man"
  try_executable
  each_file replace "$unpacked/man"
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

download() {
  if has curl; then
    curl -fsSLg --proto '=https,http,file' --retry 3 --connect-timeout 30 --speed-limit 1 --speed-time 60 \
      -o "$2" "$1"
  else
    wget -q -t 3 -O "$2" "$1"
  fi
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
  for page in "$2"/*.1; do
    page=${page##*/}
    case $page in
      agentgazer.1 | agentgazer-*.1) "$1" "man/$page" "share/man/man1/$page" 644 ;;
    esac
  done
  "$1" completions/agentgazer.bash share/bash-completion/completions/agentgazer 644
  "$1" completions/_agentgazer share/zsh/site-functions/_agentgazer 644
  "$1" completions/agentgazer.fish share/fish/vendor_completions.d/agentgazer.fish 644
  "$1" agentgazer bin/agentgazer 755
}

# Sets new: where a file waits, beside its place, to be renamed.
name_new() {
  new=$prefix/${1%/*}/.${1##*/}.$$
}

stage() {
  if [ ! -f "$unpacked/$1" ] || [ -L "$unpacked/$1" ]; then
    fail "the release is damaged: $1 is no file in $archive; nothing was installed" "please report it"
  fi
  if [ -d "$prefix/$2" ]; then
    fail "$prefix/$2 is a folder; nothing was installed" "move it away, or choose another place with --prefix"
  fi
  name_new "$2"
  { mkdir -p "$prefix/${2%/*}" && rm -f "$new" && cp "$unpacked/$1" "$new" && chmod "$3" "$new"; } ||
    fail "cannot write to $prefix/${2%/*}; nothing was installed" "choose a folder of yours with --prefix"
}

try_executable() {
  name_new bin/agentgazer
  if ! said=$("$new" --version 2>&1); then
    fail "the new executable does not run in $prefix/bin, so nothing was installed: $said" \
      "if that folder does not allow programs (noexec), choose another with --prefix"
  fi
  case $said in
    *"$version"*) ;;
    *)
      fail "the release is damaged: its executable is not of version $version; nothing was installed" \
        "please report it"
      ;;
  esac
}

replace() {
  name_new "$2"
  mv -f "$new" "$prefix/$2" ||
    fail "cannot replace $prefix/$2; what is installed may be incomplete" "run this again"
}

discard() {
  name_new "$2"
  rm -f "$new"
}

clean_up() {
  if [ -n "$unpacked" ]; then each_file discard "$unpacked/man"; fi
  if [ -n "$temporary" ]; then rm -rf "$temporary"; fi
}

report() {
  cat <<EOF
Installed agentgazer $version:
  $prefix/bin/agentgazer
  $prefix/share: man pages, and completions for bash, zsh and fish
EOF
  if [ -n "$old" ]; then say "A proxy that runs is still the old version: restart it."; fi
  case ${SHELL:-} in
    */fish) line="fish_add_path \"$(escape "$prefix/bin")\"" ;;
    *) line="export PATH=\"$(escape "$prefix/bin"):\$PATH\"" ;;
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
  say "Next: agentgazer"
}

uninstall() {
  removed=
  each_file remove "$prefix/share/man/man1"
  if [ -n "$removed" ]; then
    say "Removed agentgazer from $prefix."
  else
    say "There is nothing to remove: agentgazer is not installed in $prefix."
  fi
  vault=${AGENTGAZER_HOME:-${HOME:-}/.agentgazer}
  if [ -d "$vault" ]; then
    say "The vault in $vault stays. This removes it, with every key in it:"
    say "  rm -r \"$(escape "$vault")\""
  fi
}

remove() {
  if exists "$prefix/$2"; then
    rm -f "$prefix/$2" || fail "cannot remove $prefix/$2" "run this as the user who installed it"
    removed=yes
  fi
}

# Whether there is such a file, or a link that leads nowhere.
exists() {
  [ -e "$1" ] || [ -L "$1" ]
}

has() {
  command -v "$1" >/dev/null 2>&1
}

# Escapes a text for a shell's double quotes.
escape() {
  printf '%s' "$1" | sed 's/[\\"$`]/\\&/g'
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
