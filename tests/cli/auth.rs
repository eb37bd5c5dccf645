//! Accounts that a program vouches for: a program of a few lines, and the example for LDAP with the real slapd, where that is
//! installed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::process::{Ended, Scratch, Server};

/// What a person does with this server.
struct Place {
    scratch: Scratch,
    server: Server,
}

impl Place {
    fn with(command: &str) -> Self {
        let scratch = Scratch::new();
        let server = scratch.server(&["--auth-command", command]);
        let place = Self { scratch, server };
        // The first one at the server's own machine, where all tests are, owns it.
        place.send("root", "root").expect(0, &[]);
        place
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.scratch.home(name);
        fs::write(&path, text).expect("written");
        path.display().to_string()
    }

    fn login(&self, whose: &str, name: &str, password: &str) -> Ended {
        let password = self.file("password", password);
        let args = ["login", "--server", &self.server.addr, "--accept-new", "--timeout", "20"];
        self.scratch.chinwag(whose, &[&args[..], &["--name", name, "--password-file", &password]].concat()).end()
    }

    fn send(&self, whose: &str, name: &str) -> Ended {
        let args = ["send", "--server", &self.server.addr, "--accept-new", "--timeout", "20", "--room", "lobby"];
        self.scratch.chinwag(whose, &[&args[..], &["--name", name, "hello"]].concat()).end()
    }

    fn admin(&self, args: &[&str]) -> Ended {
        self.scratch.chinwag("server", &[&["admin"], args].concat()).end()
    }
}

/// A directory of a file: a line with a name for each person, and one password for all.
const BY_FILE: &str = r#"#!/bin/sh
question=$(cat)
folder=$(dirname "$0")
if [ -e "$folder/down" ]; then echo "no route" >&2; exit 1; fi
name=$(printf %s "$question" | sed 's/.*"name":"\([^"]*\)".*/\1/')
case $question in
*'"password":"correct horse"'*) ;;
*'"password"'*) echo '{"version":1,"verdict":"no"}'; exit ;;
esac
if grep -qx "$name" "$folder/people"; then echo '{"version":1,"verdict":"yes","roles":["moderator"]}'
else echo '{"version":1,"verdict":"no"}'; fi
"#;

fn script(dir: &Path, text: &str) -> PathBuf {
    fs::create_dir_all(dir).expect("made");
    let path = dir.join("auth.sh");
    fs::write(&path, text).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("a program");
    path
}

#[test]
fn a_program_lets_devices_in_and_an_operator_tries_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (people, down) = (folder.path().join("people"), folder.path().join("down"));
    fs::write(&people, "ann\n").expect("written");
    let place = Place::with(&script(folder.path(), BY_FILE).display().to_string());
    place.send("ann", "ann").expect(5, &["wants a password", "chinwag login"]);
    place.login("ann", "ann", "wrong").expect(5, &["no account with that name and password"]);
    place.login("ann", "ann", "correct horse").expect(0, &[]);
    place.send("ann", "ann").expect(0, &[]);
    place.login("bob", "bob", "correct horse").expect(5, &["no account with that name and password"]);

    let tried = place.admin(&["auth", "test", "ann"]);
    assert!(tried.code == Some(0) && tried.out.starts_with("yes, moderator ("), "{} {}", tried.out, tried.err);
    let password = place.file("guess", "wrong");
    let tried = place.admin(&["auth", "test", "ann", "--password-file", &password]);
    assert!(tried.code == Some(5) && tried.out.starts_with("no ("), "{} {}", tried.out, tried.err);
    place.admin(&["passwd", "ann", "--password-file", &password]).expect(7, &["auth release ann"]);
    assert!(place.admin(&["users"]).out.contains("by the auth command"));
    let status = place.admin(&["status"]);
    assert!(status.out.contains("auth command: "), "{}", status.out);

    fs::write(&down, "").expect("written");
    let tried = place.admin(&["auth", "test", "ann"]);
    assert!(
        tried.code == Some(1) && tried.out.contains("failed: it ended with exit status: 1: no route"),
        "{}",
        tried.out
    );
    place.login("other", "ann", "correct horse").expect(5, &["can't ask its directory now"]);
    place.send("ann", "ann").expect(0, &[]);
}

#[test]
fn whoever_sits_at_the_server_owns_it_and_whoever_was_there_goes_over() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("people"), "ann\n").expect("written");
    let place = Place::with(&script(folder.path(), BY_FILE).display().to_string());
    place.send("second", "second").expect(5, &["wants a password"]);
    place.login("ann", "ann", "correct horse").expect(0, &[]);
    let users = place.admin(&["users"]).out;
    assert!(users.lines().any(|line| line.starts_with("root:") && line.ends_with("owner")), "{users}");
    assert!(users.lines().any(|line| line.starts_with("ann:") && line.ends_with("by the auth command")), "{users}");
    place.admin(&["auth", "adopt", "root"]).expect(7, &["owns this server"]);
    place.admin(&["auth", "release", "ann"]).expect(0, &[]);
    let password = place.file("own", "battery staple");
    place.admin(&["passwd", "ann", "--password-file", &password]).expect(0, &[]);
    place.login("phone", "ann", "battery staple").expect(0, &[]);
    place.admin(&["auth", "adopt", "ann"]).expect(0, &[]);
    place.login("tablet", "ann", "battery staple").expect(5, &["no account with that name and password"]);
    place.login("tablet", "ann", "correct horse").expect(0, &[]);
    let log = place.admin(&["log"]).out;
    assert!(log.contains("gave ann to the auth command") && log.contains("took ann from the auth command"), "{log}");
}

/// slapd with a folder of its own, on loopback; ended with the test.
struct Slapd {
    child: Child,
    uri: String,
    folder: tempfile::TempDir,
}

impl Drop for Slapd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const CONFIG: &str = "\
dn: cn=config
objectClass: olcGlobal
cn: config

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

include: file:///etc/ldap/schema/core.ldif
include: file:///etc/ldap/schema/cosine.ldif
include: file:///etc/ldap/schema/inetorgperson.ldif

dn: cn=module,cn=config
objectClass: olcModuleList
cn: module
olcModulePath: /usr/lib/ldap
olcModuleLoad: back_mdb

dn: olcDatabase=mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: mdb
olcDbDirectory: FOLDER/data
olcSuffix: dc=example,dc=org
olcRootDN: cn=admin,dc=example,dc=org
olcRootPW: admin secret
olcDbMaxSize: 16777216
olcAccess: {0}to attrs=userPassword by anonymous auth by * none
olcAccess: {1}to * by * read
";

const PEOPLE: &str = "\
dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

dn: uid=ann,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: ann
cn: Ann
sn: Example
employeeType: staff
userPassword: correct horse

dn: cn=Zoë (the second)\\, M.A.,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: zoë
cn: Zoë (the second), M.A.
sn: Example
userPassword: correct * horse\\

dn: cn=moderators,dc=example,dc=org
objectClass: groupOfNames
cn: moderators
member: cn=Zoë (the second)\\, M.A.,ou=people,dc=example,dc=org
";

/// An address of this machine at which nobody listens now.
fn free() -> std::net::SocketAddr {
    #[expect(clippy::disallowed_methods, reason = "slapd is told a port, and picks none")]
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address")
}

impl Slapd {
    /// `None` where it, or what the example needs, is not installed.
    #[expect(clippy::print_stdout, reason = "a test that can't be run says so")]
    fn start() -> Option<Self> {
        let program = PathBuf::from("/usr/sbin/slapd");
        let is_there = |name: &str| Command::new(name).arg("-VV").stderr(Stdio::null()).status().is_ok();
        if !program.exists()
            || !is_there("ldapsearch")
            || !is_there("ldapwhoami")
            || !Path::new("/usr/bin/python3").exists()
        {
            println!("skipped: no slapd, ldap-utils or python3 here");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        ["data", "conf"].into_iter().for_each(|name| fs::create_dir(at(name)).expect("made"));
        let config = CONFIG.replace("FOLDER", &folder.path().display().to_string());
        fs::write(at("config.ldif"), config).expect("written");
        fs::write(at("people.ldif"), PEOPLE).expect("written");
        let add = |args: &[&str], file: &str| {
            let mut command = Command::new("/usr/sbin/slapadd");
            command.arg("-F").arg(at("conf")).args(args).arg("-l").arg(at(file));
            let added = command.output().expect("it is of the same package");
            assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        };
        add(&["-n", "0"], "config.ldif");
        add(&[], "people.ldif");
        let uri = format!("ldap://{}", free());
        let mut command = Command::new(program);
        command.arg("-F").arg(at("conf")).args(["-h", &uri, "-d", "0"]);
        // Nothing here needs root, and whoever is root gives it up.
        if rustix::process::geteuid().is_root() {
            let owned = Command::new("chown").args(["-R", "openldap:openldap"]).arg(folder.path()).status();
            assert!(owned.expect("a program").success());
            command.args(["-u", "openldap", "-g", "openldap"]);
        }
        let slapd = Self { child: command.spawn().expect("it starts"), uri, folder };
        // Each try is a process that hears from the system that nobody listens yet.
        let mut tries = 0;
        while !slapd.search("(objectClass=*)").status.success() {
            tries += 1;
            assert!(tries < 2_000, "it does not listen at {}", slapd.uri);
        }
        Some(slapd)
    }

    fn search(&self, filter: &str) -> std::process::Output {
        let args = ["-x", "-LLL", "-H", &self.uri, "-b", "dc=example,dc=org", "-s", "base", filter];
        Command::new("ldapsearch").args(args).output().expect("it is installed")
    }

    /// Changes the directory, as its administrator.
    fn modify(&self, ldif: &str) {
        let file = self.folder.path().join("change.ldif");
        fs::write(&file, ldif).expect("written");
        let args = ["-x", "-H", &self.uri, "-D", "cn=admin,dc=example,dc=org", "-w", "admin secret", "-f"];
        let done = Command::new("ldapmodify").args(args).arg(&file).output().expect("it is installed");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

#[test]
fn people_of_a_directory_come_in_by_the_example_for_ldap() {
    let Some(mut slapd) = Slapd::start() else { return };
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/deploy/ldap-auth.py");
    let place = Place::with(&format!(
        "exec {} --uri {} --base ou=people,dc=example,dc=org --filter '(&(uid={{name}})(!(employeeType=gone)))' \
         --moderators cn=moderators,dc=example,dc=org",
        example.display(),
        slapd.uri
    ));
    place.login("ann", "ann", "wrong").expect(5, &["no account with that name and password"]);
    let is_in = |whose: &str, name: &str, password: &str, shown: &str| {
        let said = place.login(whose, name, password);
        let is_so = said.out.starts_with(&format!("logged in as {shown} on "));
        assert!(said.code == Some(0) && is_so, "{} {}", said.out, said.err);
    };
    is_in("ann", "ann", "correct horse", "ann");
    is_in("zoe", "zoë", "correct * horse\\", "zoë");
    // To the directory these are ann, and so they are here.
    is_in("phone", "ANN", "correct horse", "ann");
    is_in("tablet", "ａｎｎ", "correct horse", "ann");
    let ask = |name: &str| place.admin(&["auth", "test", name]);
    assert!(ask("zoë").out.starts_with("yes, as zoë, moderator ("), "{}", ask("zoë").out);
    assert!(ask("ann").out.starts_with("yes, as ann ("), "{}", ask("ann").out);
    for dangerous in ["*", "a*", "ann)(uid=*", "*)(uid=*))(|(uid=*", "\\2a", "ann\\00", "", "$(id)", "'; id; '"] {
        let said = ask(dangerous);
        assert!(said.code == Some(5) && said.out.starts_with("no ("), "{dangerous}: {} {}", said.out, said.err);
    }

    slapd.modify(
        "dn: uid=ann,ou=people,dc=example,dc=org\nchangetype: modify\nreplace: employeeType\nemployeeType: gone\n",
    );
    assert!(ask("ann").out.starts_with("no ("));
    place.login("laptop", "ann", "correct horse").expect(5, &["no account with that name and password"]);
    slapd.child.kill().expect("ended");
    slapd.child.wait().expect("ended");
    let said = ask("ann");
    assert!(said.code == Some(1) && said.out.contains("Can't contact LDAP server"), "{} {}", said.out, said.err);
    place.login("laptop", "ann", "correct horse").expect(5, &["can't ask its directory now"]);
    place.send("zoe", "zoë").expect(0, &[]);
}
