# The setup guide as a test types it: the blocks of a section of Examples/aggregate/SETUP.md, each where its mark says,
# with the laboratory's names in place of the guide's.

guide=$root/Examples/aggregate/SETUP.md
in_lab_names() { sed 's/\bl0\b/n1/g; s/\bl1\b/n2/g; s|/dev/sda7|/dev/vdb|g'; }

# Writes each block of section NUMBER to blocks/NUMBER-MARK, and prints these names in order.
blocks_of_section() {
    rm -rf "$LAB_WORK/blocks"
    mkdir "$LAB_WORK/blocks"
    in_lab_names <"$guide" | awk -v section="## $1." -v place="$LAB_WORK/blocks" '
        /^## / { inside = index($0, section) == 1 }
        /^```/ && file { close(file); file = ""; next }
        /^```sh / && inside { file = sprintf("%s/%02d-%s", place, ++number, $2); next }
        file { print >file }'
    ls "$LAB_WORK/blocks"
}

# guide_section NUMBER: types all of it; what a block says is kept in guide.log.
guide_section() {
    local block where code=0 count=0
    for block in $(blocks_of_section "$1"); do
        where=${block#*-}
        printf -- '--- section %s, block %s\n' "$1" "$block" >>"$LAB_WORK/guide.log"
        case $where in
            builder) type_here "$LAB_WORK/blocks/$block" ;;
            n1 | n2) type_on "$where" "$LAB_WORK/blocks/$block" ;;
            both) type_on n1 "$LAB_WORK/blocks/$block" && type_on n2 "$LAB_WORK/blocks/$block" ;;
            *) echo "no such place: $where" >>"$LAB_WORK/guide.log"; false ;;
        esac >>"$LAB_WORK/guide.log" 2>&1 || {
            code=1
            printf '   block %s of section %s failed:\n' "$block" "$1"
            tail -n 12 "$LAB_WORK/guide.log"
            break
        }
        count=$((count + 1))
    done
    exactly "section $1: blocks typed without an error" "$count" "$(find "$LAB_WORK/blocks" -type f | wc -l)"
    return "$code"
}

type_on() {
    copy "$2" "$1:block.sh" &&
        on "$1" 'cd ~ && DEBIAN_FRONTEND=noninteractive bash -e block.sh'
}
# The builder is this machine; the nodes are reached as the laboratory reaches them.
type_here() {
    (
        cd "$root" || exit
        export BINARIES=$bin
        scp() {
            [ "$1" != -r ] || shift
            rm -rf "$LAB_WORK/sent"
            mkdir "$LAB_WORK/sent"
            cp -r "$1" "$LAB_WORK/sent/"
            # The example has the guide's names; an archive has none.
            [ ! -d "$1" ] || for file in "$LAB_WORK/sent/${1##*/}"/*; do
                in_lab_names <"$file" >"$LAB_WORK/renamed" && cp "$LAB_WORK/renamed" "$file"
            done
            copy "$LAB_WORK/sent/${1##*/}" "$2"
        }
        set -e
        . "$1"
    ) </dev/null
}

# What a bare machine has that the laboratory's has not, and the other way round: root on n1 may log in to n2; nothing
# of DRBD is set up; the installer of AggreGate lies there.
make_bare() {
    on_both 'rm -f /etc/drbd.d/r0.res /etc/ha.d/*.cf; systemctl start mariadb.service; rm -f /etc/ha.d/haresources' &&
        on n1 'rm -f ~/.ssh/id_ed25519; ssh-keygen -q -t ed25519 -N "" -f ~/.ssh/id_ed25519
            echo "StrictHostKeyChecking accept-new" >~/.ssh/config' &&
        copy n1:.ssh/id_ed25519.pub "$LAB_WORK/key.pub" && copy "$LAB_WORK/key.pub" n2: &&
        on n2 'cat ~/key.pub >>~/.ssh/authorized_keys' &&
        copy "$here/nodes/linkserv" n1:linkserv.stand-in || return
    on n1 'cat >~/aggregate-installer.sh <<END
mkdir -p /mnt/drbd/linkserver
install -m 755 ~/linkserv.stand-in /mnt/drbd/linkserver/linkserv
mariadb -e "create table linkserv.t (a int)"
END'
}
