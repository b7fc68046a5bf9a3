/**
 * The shell scripts that compare a directory with what it was before. They use git, but no repository of the user's: a
 * private one keeps the snapshots as trees, outside of the directory. So the directory need not be a repository, and if
 * it is one, its index, its HEAD and its configuration are neither changed nor used.
 *
 * Nothing in the directory is run: no filter, hook, monitor or external diff that its configuration or attributes name.
 */

/**
 * Runs a script, `$1`, with an environment of its own: that of the place may have variables that change what git does.
 */
export const inPrivate = `exec env -i PATH="$PATH" HOME="\${HOME:-/}" TMPDIR="\${TMPDIR:-/tmp}" sh -c "$@"`

/** How all scripts begin. `$1` names the private directory. */
const beginning = `set -u
umask 077
private=$TMPDIR/$1
command -v git > /dev/null 2>&1 || exit 127
HOME=$private XDG_CONFIG_HOME=$private GIT_DIR=$private/git GIT_WORK_TREE=$private
GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null LC_ALL=C
export HOME XDG_CONFIG_HOME GIT_DIR GIT_WORK_TREE GIT_CONFIG_NOSYSTEM GIT_CONFIG_GLOBAL LC_ALL`

/** The exit code of a script when there is no git. */
export const noGit = 127

/** The exit code of a script when there is no such directory. */
export const notThere = 3

/** The exit code of a script when there is no such snapshot any more. */
export const forgotten = 4

/** Removes what the scripts have left. */
export const remove = 'rm -rf "$TMPDIR/$1"'

/**
 * Takes a snapshot and prints the name of its tree. `$2` is the directory: if it is the home directory of whoever works
 * there, what their programs keep about themselves is no part of it. If `$3` is not empty, there is a snapshot already,
 * and a directory that is not there counts as empty.
 *
 * Repositories within the directory are trees of their own, which are joined: git by itself would see nothing of them
 * but their HEAD.
 */
export const take = `home=$( cd -P -- "$HOME" 2> /dev/null && pwd )
${beginning}
if [ ! -d "$GIT_DIR" ]; then
  [ -z "$3" ] || exit ${forgotten}
  mkdir -p "$private" && ( unset GIT_WORK_TREE; git init --quiet --bare ) || exit 1
  for setting in bare=false autocrlf=false safecrlf=false quotePath=true protectNTFS=false protectHFS=false \\
    fsmonitor=false untrackedCache=false looseCompression=1 hooksPath=/dev/null; do
    git config "core.\${setting%%=*}" "\${setting#*=}" || exit 1
  done
  mkdir -p "$GIT_DIR/info" || exit 1
  echo '* -text -ident !eol !filter !working-tree-encoding !diff !merge' > "$GIT_DIR/info/attributes"
fi
if ! cd -P -- "$2"; then
  [ "$3" ] || exit ${notThere}
  git hash-object -w -t tree /dev/null
  exit
fi
here=\${PWD%/}

# The repository that the directory is in, for its rules of what to ignore; none if it is ignored there itself.
top=$here
while [ "$top" ] && [ ! -e "$top/.git" ]; do top=\${top%/*}; done
[ -e "$top/.git" ] || top=$here
GIT_WORK_TREE=\${top:-/}
: > "$GIT_DIR/info/exclude"
if [ "$top" != "$here" ] && git check-ignore --quiet .; then top=$here GIT_WORK_TREE=\${here:-/}; fi
below=\${here#"$top"}
below=\${below#/}
below=$below\${below:+/}

escaped() { sed 's/[][*?\\\\!#]/\\\\&/g'; }
# The rules for the directory $1 besides those in its files.
rules() {
  cat "$1/.git/info/exclude" 2> /dev/null
  case $private in "$1"/*) printf '%s/\\n' "\${private#"$1"}" | escaped;; esac
}
root_rules() {
  rules "$top"
  if [ "$PWD" = "$home" ]; then
    for kept in .claude/ .claude.json .daytona/ .effect-sandboxes/; do printf '/%s\\n' "$below" | escaped | tr -d '\\n'; echo $kept; done
  fi
}

# The repositories within the directory, by their paths from here.
root_rules > "$GIT_DIR/info/exclude"
find . -name .git ! -path ./.git -prune -print 2> /dev/null | sed 's|^\\./||; s|/\\.git$||' | sort > "$private/found"
: > "$private/nested"
while IFS= read -r path; do
  if [ -e "$path/.git" ] && ! git check-ignore --quiet -- "$path"; then printf '%s\\n' "$path" >> "$private/nested"; fi
done < "$private/found"

# The rules that leave out the repositories within the one at $1, whose paths are to begin with $2.
without_nested() {
  while IFS= read -r nested; do
    case $nested in "$1"?*) printf '/%s/\\n' "$2\${nested#"$1"}" | escaped;; esac
  done < "$private/nested"
}
# Adds to an index what is in the current directory. What cannot be read is reported and left out.
add() {
  git -c advice.addEmbeddedRepo=false add --all --ignore-errors -- .
  [ $? -le 1 ] || exit 1
}

GIT_INDEX_FILE=$private/index.root
export GIT_INDEX_FILE
{ root_rules; without_nested "" "$below"; } > "$GIT_DIR/info/exclude"
add
tree=$(git write-tree) || exit 1
tree=$(git rev-parse --verify --quiet "$tree:\${below%/}") || tree=$(git hash-object -w -t tree /dev/null) || exit 1
if [ -s "$private/nested" ]; then
  rm -f "$private/index.joined"
  GIT_INDEX_FILE=$private/index.joined git read-tree "$tree" || exit 1
  while IFS= read -r path; do
    { rules "$here/$path"; without_nested "$path/" ""; } > "$GIT_DIR/info/exclude"
    rm -f "$private/index.nested"
    part=$(
      cd -- "$path" || exit 1
      GIT_WORK_TREE=$here/$path GIT_INDEX_FILE=$private/index.nested
      add
      git write-tree
    ) || exit 1
    GIT_INDEX_FILE=$private/index.joined git read-tree --prefix="$path/" "$part" || exit 1
  done < "$private/nested"
  tree=$(GIT_INDEX_FILE=$private/index.joined git write-tree) || exit 1
fi
printf '%s\\n' "$tree"`

/** Between the parts of what `compare` prints. */
export const separator = "--"

/**
 * Prints how the tree `$3` differs from `$2`, in parts: how many files and lines in all; the files; the lines of each;
 * the sizes of each, before and after; the numbers of the files that are not in the patch; and the patch in Base64.
 * `$4`: the most files to list, `$5`: the most bytes of the patch, `$6`: a rule for attributes, `$7` and what follows:
 * paths, if not all are wanted.
 */
export const compare = `${beginning}
[ -d "$GIT_DIR" ] || exit ${forgotten}
cd -- "$private" || exit 1
before=$2 after=$3 files=$4 bytes=$5
sed -n 1p "$GIT_DIR/info/attributes" > attributes
printf '%s' "$6" >> attributes
mv attributes "$GIT_DIR/info/attributes"
shift 6
differ() {
  how=$1
  shift
  git --literal-pathspecs diff-tree -r -M -l5000 --no-ext-diff --no-textconv $how "$before" "$after" -- "$@"
}
differ "--raw --no-abbrev" "$@" > raw || exit 1
differ --numstat "$@" > counts || exit 1
differ "-p --binary --full-index" "$@" > patch.whole || exit 1
awk '{ added += $1; removed += $2 } END { print NR + 0, added + 0, removed + 0 }' counts
echo ${separator}
head -n "$files" raw
echo ${separator}
head -n "$files" counts | cut -f 1,2
echo ${separator}
head -n "$files" raw | awk '{ print $3; print $4 }' | git cat-file --batch-check='%(objectsize)'
echo ${separator}
awk -v bytes="$bytes" -v patch=patch '
  function finish(i) {
    if (number == 0) return
    if (size > bytes - total) print number
    else { for (i = 0; i < count; i++) print lines[i] > patch; total += size }
    count = size = 0
  }
  BEGIN { printf "" > patch }
  # A file that became a link, or the like, has two parts with the same name.
  /^diff --git / { if ($0 != header) { finish(); number++ } header = $0 }
  { size += length($0) + 1; if (size <= bytes - total) lines[count++] = $0 }
  END { finish() }' patch.whole
echo ${separator}
base64 < patch
rm -f patch patch.whole raw counts`
