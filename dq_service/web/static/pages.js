// What pages do beyond their forms and links: keys, times that go on, notes that go away, checks as one types.
import "./keys.js";
import "./recheck.js";
import "./times.js";
import "./notes.js";
import "./heartbeat.js";
import "./live.js";
