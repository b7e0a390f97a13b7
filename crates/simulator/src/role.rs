//! The invented jobs: their requirements, and what their candidates talk about.

/// A job that postings are made of.
#[derive(Debug)]
pub struct Role {
    pub title: &'static str,
    pub slug: &'static str,
    pub team: &'static str,
    pub skills: &'static [&'static str],
    pub tools: &'static [&'static str],
    pub voice: &'static [Voice],
    pub eligibility: &'static [&'static str],
    pub scoring: &'static [&'static str],
}

/// A question of the web interview.
#[derive(Debug)]
pub struct Voice {
    pub topic: &'static str,
    pub text: &'static str,
    pub low: &'static str,
    pub middle: &'static str,
}

/// Asked in every web interview, before the role's own questions. The first is not scored.
pub const COMMON_VOICE: &[Voice] = &[
    Voice {
        topic: "background",
        text: "Could you introduce yourself and tell me what you have been doing lately?",
        low: "Says nothing about past work.",
        middle: "Names the last position and its main duties.",
    },
    Voice {
        topic: "motivation",
        text: "What made you apply for this position in particular?",
        low: "Does not know what the position is.",
        middle: "Links the position to own plans.",
    },
    Voice {
        topic: "working with others",
        text: "Tell me about a disagreement with a colleague and how it ended.",
        low: "Blames the colleague, nothing was settled.",
        middle: "Listened, and an agreement was reached.",
    },
    Voice {
        topic: "learning",
        text: "Describe something difficult that you had to learn quickly.",
        low: "Cannot name an example.",
        middle: "Names an example and how it was learned.",
    },
];

/// All jobs, in the order in which postings use them.
pub const ROLES: &[Role] = &[
    Role {
        title: "Backend Engineer",
        slug: "backend-engineer",
        team: "platform team",
        skills: &["API design", "query tuning", "incident response", "code review", "caching"],
        tools: &["Postgres", "Kubernetes", "Rust", "Kafka", "Grafana", "Terraform"],
        voice: &[
            Voice {
                topic: "system design",
                text: "How would you design a service that shortens links for millions of people?",
                low: "Names no components.",
                middle: "Describes storage, reads and growth.",
            },
            Voice {
                topic: "debugging",
                text: "Walk me through the hardest production problem you have found.",
                low: "Guesses until it works.",
                middle: "Narrows the cause down step by step.",
            },
            Voice {
                topic: "data modelling",
                text: "How do you decide what a table should look like?",
                low: "Has not thought about it.",
                middle: "Starts from the questions to be answered.",
            },
            Voice {
                topic: "testing",
                text: "How do you know that a change is safe to release?",
                low: "Waits for complaints.",
                middle: "Combines tests, review and a gradual release.",
            },
        ],
        eligibility: &[
            "Three years or more of work on server software",
            "Has worked with a relational database",
            "Has been on call for a running service",
        ],
        scoring: &[
            "Depth of experience with distributed systems",
            "Experience with relational databases",
            "Evidence of ownership from idea to operation",
            "Clarity of the written resume",
        ],
    },
    Role {
        title: "Customer Support Specialist",
        slug: "customer-support-specialist",
        team: "support team",
        skills: &["de-escalation", "clear writing", "triage", "product knowledge", "patience"],
        tools: &["Zendesk", "Intercom", "Jira", "a shared macro library", "Salesforce"],
        voice: &[
            Voice {
                topic: "difficult customers",
                text: "Tell me about the angriest customer you have helped.",
                low: "Argued with the customer.",
                middle: "Calmed the customer and solved the case.",
            },
            Voice {
                topic: "prioritizing",
                text: "Twelve tickets arrive at once. What do you do first?",
                low: "Takes them in order of arrival.",
                middle: "Sorts by impact and tells people what to expect.",
            },
            Voice {
                topic: "explaining",
                text: "Explain to me, as to a customer, how to set a new password safely.",
                low: "Skips steps.",
                middle: "Gives clear steps in order.",
            },
        ],
        eligibility: &[
            "One year or more of work with customers",
            "Fluent written English",
            "Lives in a supported time zone",
        ],
        scoring: &[
            "Experience with support tools",
            "Length of service in customer-facing work",
            "Signs of empathy and initiative",
        ],
    },
    Role {
        title: "Registered Nurse",
        slug: "registered-nurse",
        team: "surgical ward",
        skills: &["triage", "medication safety", "handover", "wound care", "patient education"],
        tools: &["the electronic chart", "infusion pumps", "the SBAR form", "telemetry"],
        voice: &[
            Voice {
                topic: "patient safety",
                text: "Describe a moment when you prevented harm to a patient.",
                low: "Cannot name one.",
                middle: "Noticed a risk, acted and reported it.",
            },
            Voice {
                topic: "handover",
                text: "What makes a good handover at the end of a shift?",
                low: "Mentions no structure.",
                middle: "Names a structure and open risks.",
            },
            Voice {
                topic: "pressure",
                text: "How do you keep calm when several patients need you at once?",
                low: "Does not.",
                middle: "Assesses, delegates and returns.",
            },
        ],
        eligibility: &[
            "Holds a current nursing licence",
            "Two years or more of ward experience",
            "Current life support certificate",
        ],
        scoring: &[
            "Breadth of clinical experience",
            "Experience on a surgical ward",
            "Further training in the last three years",
        ],
    },
    Role {
        title: "Warehouse Team Lead",
        slug: "warehouse-team-lead",
        team: "night shift",
        skills: &["shift planning", "stock counts", "coaching", "loading safety", "picking"],
        tools: &["handheld scanners", "forklifts", "SAP", "the shift board", "pick-to-light"],
        voice: &[
            Voice {
                topic: "safety",
                text: "What do you do when you see somebody working unsafely?",
                low: "Looks away.",
                middle: "Stops the work, explains and follows up.",
            },
            Voice {
                topic: "leading",
                text: "How do you bring a new colleague up to speed?",
                low: "Leaves them to find out.",
                middle: "Pairs them, checks and gives feedback.",
            },
            Voice {
                topic: "planning",
                text: "Two trucks arrive early and three people are ill. How do you go about it?",
                low: "Waits for instructions.",
                middle: "Reorders the work and informs everybody.",
            },
        ],
        eligibility: &[
            "One year or more of warehouse work",
            "Has led a shift or a team",
            "Holds a forklift certificate",
        ],
        scoring: &[
            "Experience in leading people",
            "Experience with warehouse systems",
            "Steadiness of employment",
        ],
    },
    Role {
        title: "Store Manager",
        slug: "store-manager",
        team: "downtown store",
        skills: &["rostering", "visual merchandising", "hiring", "stock control", "coaching"],
        tools: &["the till system", "Excel", "the planogram", "the rostering app"],
        voice: &[
            Voice {
                topic: "sales",
                text: "How did you last raise the sales of a store or a department?",
                low: "Cannot name a measure.",
                middle: "Names a measure and its effect.",
            },
            Voice {
                topic: "people",
                text: "How do you handle a good colleague who keeps coming late?",
                low: "Ignores it or dismisses at once.",
                middle: "Talks, agrees on a goal and follows up.",
            },
            Voice {
                topic: "losses",
                text: "What would you do about unexplained losses of stock?",
                low: "Has no idea.",
                middle: "Counts, looks for patterns and acts.",
            },
        ],
        eligibility: &[
            "Two years or more of work in retail",
            "Has managed a budget",
            "Can work at weekends",
        ],
        scoring: &[
            "Experience in managing a store",
            "Evidence of results in numbers",
            "Experience in hiring and training",
        ],
    },
];
