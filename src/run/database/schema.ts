/** Raised with every change of the tables below. */
export const schemaVersion = 2;

/** What brings a database from a version to the next one. A database that is only read may still lack what they add. */
export const upgrades: Readonly<Record<number, string>> = {
  1: "ALTER TABLE trajectories ADD COLUMN tools TEXT; ALTER TABLE steps ADD COLUMN tool_call TEXT;",
};

/**
 * The tables of `run.sqlite`. A row is written when the work it describes is finished, never before, so what
 * is here can be relied on after any interruption.
 */
export const schema = `
CREATE TABLE tasks (
  id TEXT PRIMARY KEY,
  split TEXT NOT NULL,
  position INTEGER NOT NULL,      -- order within the split
  data TEXT NOT NULL              -- the environment's own description, JSON
) STRICT;

CREATE TABLE trajectories (
  id TEXT PRIMARY KEY,
  task_id TEXT NOT NULL REFERENCES tasks(id),
  kind TEXT NOT NULL,             -- expert, simulation, evaluation
  policy TEXT NOT NULL,
  seed INTEGER NOT NULL,
  from_trajectory TEXT REFERENCES trajectories(id),
  from_state INTEGER,
  shared_steps INTEGER NOT NULL,  -- so many first steps are stored with the trajectory it started from
  initial_observation TEXT NOT NULL,
  reward REAL NOT NULL,
  stop_reason TEXT NOT NULL,
  error_name TEXT,
  error_message TEXT,
  environment_steps INTEGER NOT NULL,
  prompt_tokens INTEGER NOT NULL,
  generated_tokens INTEGER NOT NULL,
  seconds REAL NOT NULL,          -- of the episode; episodes overlap
  work_seconds REAL NOT NULL,     -- its share of the wall-clock time of the batch it was played in
  tools TEXT                      -- JSON, the tools that the policy could call, where it called any
) STRICT;
CREATE INDEX trajectories_by_task ON trajectories(task_id);

CREATE TABLE steps (
  trajectory_id TEXT NOT NULL REFERENCES trajectories(id),
  position INTEGER NOT NULL,      -- from trajectories.shared_steps on
  message TEXT NOT NULL,
  action TEXT NOT NULL,
  action_kind TEXT NOT NULL,
  observation TEXT NOT NULL,
  reward REAL NOT NULL,
  done INTEGER NOT NULL,
  valid INTEGER NOT NULL,
  log_probability REAL,
  tool_call TEXT,                 -- JSON, where the action was a native tool call
  PRIMARY KEY (trajectory_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE experts (
  trajectory_id TEXT PRIMARY KEY REFERENCES trajectories(id),
  expert TEXT NOT NULL,
  purpose TEXT NOT NULL           -- training, or evaluation: never trained on
) STRICT;

-- Which method asked for which simulation. One that two methods ask for is played once and counted for both.
CREATE TABLE simulations (
  method TEXT NOT NULL,
  iteration INTEGER NOT NULL,
  position INTEGER NOT NULL,
  trajectory_id TEXT NOT NULL REFERENCES trajectories(id),
  PRIMARY KEY (method, trajectory_id)
) STRICT;

CREATE TABLE selections (
  method TEXT NOT NULL,
  iteration INTEGER NOT NULL,
  important_states TEXT NOT NULL, -- JSON
  PRIMARY KEY (method, iteration)
) STRICT;

-- What a method found out about one expert trajectory.
CREATE TABLE labels (
  method TEXT NOT NULL,
  iteration INTEGER NOT NULL,
  position INTEGER NOT NULL,
  trajectory_id TEXT NOT NULL REFERENCES trajectories(id),
  data TEXT NOT NULL,             -- JSON
  PRIMARY KEY (method, iteration, position)
) STRICT;
CREATE INDEX labels_by_trajectory ON labels(trajectory_id);

-- What a student was trained on; the messages are in datasets/.
CREATE TABLE examples (
  method TEXT NOT NULL,
  iteration INTEGER NOT NULL,
  position INTEGER NOT NULL,
  id TEXT NOT NULL,
  task_id TEXT NOT NULL REFERENCES tasks(id),
  trajectory_id TEXT NOT NULL REFERENCES trajectories(id),
  weights TEXT NOT NULL,          -- JSON, one number per message
  origin TEXT NOT NULL,           -- JSON
  PRIMARY KEY (method, iteration, position)
) STRICT;

CREATE TABLE fine_tunings (
  key TEXT PRIMARY KEY,           -- hash of all that determines the result
  location TEXT NOT NULL,         -- relative to the run directory where inside it
  version TEXT NOT NULL,
  base_version TEXT NOT NULL,
  seed INTEGER NOT NULL,
  examples INTEGER NOT NULL,
  trained_tokens INTEGER NOT NULL,
  target_tokens INTEGER NOT NULL,
  seconds REAL NOT NULL,
  losses TEXT NOT NULL            -- JSON, mean loss per optimiser step
) STRICT;

CREATE TABLE method_fine_tunings (
  method TEXT NOT NULL,
  iteration INTEGER NOT NULL,
  key TEXT NOT NULL REFERENCES fine_tunings(key),
  PRIMARY KEY (method, key)
) STRICT;

-- A student as it stood after an iteration; 0 is behaviour cloning.
CREATE TABLE iterations (
  method TEXT NOT NULL,
  iteration INTEGER NOT NULL,
  location TEXT NOT NULL,
  version TEXT NOT NULL,
  PRIMARY KEY (method, iteration)
) STRICT;

CREATE TABLE evaluations (
  method TEXT NOT NULL,
  iteration INTEGER NOT NULL,
  position INTEGER NOT NULL,
  trajectory_id TEXT NOT NULL REFERENCES trajectories(id),
  PRIMARY KEY (method, iteration, position)
) STRICT;

CREATE TABLE metrics (
  method TEXT NOT NULL,
  iteration INTEGER NOT NULL,
  name TEXT NOT NULL,
  step INTEGER NOT NULL,
  value REAL NOT NULL,
  PRIMARY KEY (method, iteration, name, step)
) STRICT;

CREATE TABLE finished (
  what TEXT PRIMARY KEY           -- "expert", "method <name>", "run"
) STRICT;

-- What each iteration of a method cost.
CREATE VIEW budgets AS
SELECT method, iteration,
  SUM(simulations) AS simulations, SUM(environment_steps) AS environment_steps,
  SUM(tokens) AS tokens, SUM(seconds) AS seconds
FROM (
  SELECT s.method, s.iteration, 1 AS simulations, t.environment_steps,
    t.prompt_tokens + t.generated_tokens AS tokens, t.work_seconds AS seconds
  FROM simulations s JOIN trajectories t ON t.id = s.trajectory_id
  UNION ALL
  SELECT m.method, m.iteration, 0, 0, f.trained_tokens, f.seconds
  FROM method_fine_tunings m JOIN fine_tunings f ON f.key = m.key
)
GROUP BY method, iteration;
`;
