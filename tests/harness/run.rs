//! What a run of a program gave, and what a test holds against it. The trainer's tests use it too.

/// What a run of the program gave.
pub struct Run {
    pub command: String,
    /// `None` after a signal.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// The run ended with code 0.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "$ {}\n{}", self.command, self.stderr);
        self
    }

    /// The run ended with `code`, and its message holds all of `words`.
    #[track_caller]
    pub fn fails(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "$ {}\n{}", self.command, self.stderr);
        for word in words {
            assert!(
                self.stderr.contains(word),
                "$ {}\nno {word:?} in: {}",
                self.command,
                self.stderr
            );
        }
        self
    }

    pub fn lines(&self) -> Vec<&str> {
        self.stdout.lines().collect()
    }

    /// Each line as JSON.
    pub fn json_lines(&self) -> Vec<serde_json::Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// All of standard output as one JSON document.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// The `kind` of each line.
    pub fn kinds(&self) -> Vec<String> {
        self.json_lines().iter().map(|line| line["kind"].as_str().unwrap().to_owned()).collect()
    }
}
