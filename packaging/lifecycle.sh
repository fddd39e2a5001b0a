# What happens to a package, from its installation to its purge: run by tools/test-deb.sh inside of a Debian that is
# thrown away, with 1.0.deb, 2.0.deb, and 3.0.deb with another configuration, in /test. Ends with 1 at the first thing
# that is not as promised.
# shellcheck shell=sh

step() { printf '\n== %s\n' "$*"; }
wrong() { echo "wrong: $*" >&2 && exit 1; }
there() { for file; do [ -e "$file" ] || [ -L "$file" ] || wrong "$file is not there"; done; }
gone() { for file; do if [ -e "$file" ] || [ -L "$file" ]; then wrong "$file is still there"; fi; done; }
has() { grep -q -- "$2" "$1" || { cat "$1" && wrong "$1 says nothing of $2"; }; }

step "installing"
dpkg -i /test/1.0.deb
oddity --version
oddity detect /usr/share/oddity/pump.onnx /usr/share/oddity/pump-faults.csv >/test/events
has /test/events '"kind":"raised"'
there /usr/share/zsh/vendor-completions/_oddity /usr/share/fish/vendor_completions.d/oddity.fish
there /usr/share/man/man1/oddity.1.gz /usr/share/man/man1/oddity-detect.1.gz
bash -c '. /usr/share/bash-completion/completions/oddity && complete -p oddity' >/dev/null
getent group i2c spi gpio dialout
there /lib/udev/rules.d/60-oddity.rules
gone /etc/systemd/system/multi-user.target.wants/oddity@demo.service

step "the unit"
# Without looking for the manual, whose program this small a Debian has not.
systemd-analyze verify --man=no oddity@demo.service
# In tenths.
systemd-analyze security --offline=true --no-pager --threshold=20 oddity@demo.service | tail -n 1

step "a watch"
watch() { # NAME, and variables of its configuration
    name=$1
    shift
    mkdir -p "/test/run/$name" "/var/lib/oddity/$name"
    env "RUNTIME_DIRECTORY=/test/run/$name" "STATE_DIRECTORY=/var/lib/oddity/$name" "$@" /usr/lib/oddity/watch "$name"
}
refused() { # WORD, and what `watch` takes
    word=$1
    shift
    code=0
    watch "$@" 2>/test/said || code=$?
    [ "$code" = 78 ] || wrong "$*: ends with $code"
    has /test/said "$word"
}
model=MODEL=/usr/share/oddity/pump.onnx
rows='INPUT=cat /usr/share/oddity/pump-faults.csv'
watch pump "$model" "$rows" >/test/events.journal
cmp /test/events /test/events.journal
watch pump "$model" "$rows" 'OUTPUT=exec cat >events.jsonl' 'OPTIONS=--emit all --raise 2'
for _ in 1 2 3 4 5 6 7 8 9 10; do
    # The reader of the events may end after the watch.
    ! grep -q '"kind":"missing"' /var/lib/oddity/pump/events.jsonl || break
    sleep 1
done
has /var/lib/oddity/pump/events.jsonl '"kind":"score"'
has /var/lib/oddity/pump/events.jsonl '"kind":"missing"'
refused "says no MODEL" pump
refused "says no INPUT" pump "$model"
refused "no such file" pump MODEL=/nowhere.onnx "$rows"
refused "one of them" pump "$model" "$rows" 'OPTIONS=--sensor x.toml'

step "upgrading: what the user has changed or made stays"
echo 'OPTIONS=--raise 3' >>/etc/oddity/demo.conf
cp /etc/oddity/demo.conf /etc/oddity/pump.conf
cp /usr/share/oddity/pump.onnx /etc/oddity/pump.onnx
systemctl enable oddity@pump
dpkg -i /test/2.0.deb </dev/null
[ "$(dpkg-query -W -f '${Version}' oddity)" = 2.0 ]
has /etc/oddity/demo.conf '--raise 3'

step "upgrading to a package with another configuration: the user's stays"
dpkg -i --force-confdef --force-confold /test/3.0.deb </dev/null
has /etc/oddity/demo.conf '--raise 3'
there /etc/oddity/demo.conf.dpkg-dist

step "removing: the program goes, and nothing else"
dpkg -r oddity
gone /usr/bin/oddity /usr/lib/oddity /lib/systemd/system/oddity@.service /usr/share/oddity
mine="/etc/oddity/pump.conf /etc/oddity/pump.onnx"
kept="/etc/oddity/demo.conf /var/lib/oddity/pump/events.jsonl"
link=/etc/systemd/system/multi-user.target.wants/oddity@pump.service
# shellcheck disable=SC2086
there $mine $kept "$link"

step "installing it again: all is as it was"
dpkg -i /test/3.0.deb
has /etc/oddity/demo.conf '--raise 3'
[ "$(systemctl is-enabled oddity@pump)" = enabled ] || wrong "oddity@pump is no longer enabled"

step "purging: only what the user has made is left"
dpkg -P oddity
# shellcheck disable=SC2086
there $mine
# shellcheck disable=SC2086
gone $kept "$link" /var/lib/oddity /etc/oddity/demo.conf.dpkg-dist
left=$(find / -xdev -name '*oddity*' -not -path '/proc/*' -not -path '/test/*' -not -path '/var/cache/man/*' | sort)
[ "$left" = /etc/oddity ] || wrong "left: $left"
