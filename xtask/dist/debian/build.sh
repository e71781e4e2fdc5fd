#!/bin/sh
# Makes a Debian package of an unpacked archive: build.sh ARCHIVE VERSION TARGET [OPTION OF dpkg-deb ...]
# The same files give the same bytes: dpkg-deb takes the time from SOURCE_DATE_EPOCH.
set -eu
umask 022
archive=$1 version=$2 target=$3
shift 3
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
package=$work/package share=$work/package/usr/share doc=$work/package/usr/share/doc/lumetra-engram

install -D -t "$package/usr/bin" "$archive/lumetra-engram" "$archive/engram-local"
install -D -m 644 -t "$share/man/man1" "$archive"/man/man1/*
for program in lumetra-engram engram-local; do
    install -D -m 644 "$archive/completions/$program.bash" "$share/bash-completion/completions/$program"
    install -D -m 644 "$archive/completions/_$program" "$share/zsh/vendor-completions/_$program"
    install -D -m 644 "$archive/completions/$program.fish" "$share/fish/vendor_completions.d/$program.fish"
done
install -D -m 644 "$here/engram-local.service" "$package/usr/lib/systemd/user/engram-local.service"
install -D -m 644 -t "$doc" "$here/copyright" "$archive/THIRD-PARTY-NOTICES.txt" "$archive"/*.cyclonedx.json
install -m 644 "$here/../../../CHANGELOG.md" "$doc/changelog"
gzip -9n "$doc/changelog" "$share/man/man1"/* "$doc/THIRD-PARTY-NOTICES.txt" "$doc"/*.cyclonedx.json

# It wants to be in the folder of a source package.
mkdir "$work/debian"
printf 'Source: lumetra-engram\n\nPackage: lumetra-engram\nArchitecture: any\n' > "$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O package/usr/bin/*)

architecture=$(dpkg --print-architecture)
mkdir "$package/DEBIAN"
{
    echo "Package: lumetra-engram"
    echo "Version: $version"
    echo "Architecture: $architecture"
    echo "Installed-Size: $(find "$package" -type f -printf '%s\n' | awk '{ sum += $1 } END { print int(sum / 1024) + 1 }')"
    echo "Depends: ${depends#shlibs:Depends=}"
    cat "$here/control"
} > "$package/DEBIAN/control"
dpkg-deb --root-owner-group "$@" --build "$package" "$target/lumetra-engram_${version}_$architecture.deb"
