use super::*;
use viva_protocol::ws::{
    ErrorCode, ErrorMessage, FallbackOffered, InterruptReason, Interrupted, Latency, Notice, NoticeCode,
    ResponseEnded, ResponseStarted, Role, SessionResumed, SpeechEnded, SpeechStarted, Transcript,
    TurnLatency,
};

fn speech_started() -> ServerMessage {
    ServerMessage::SpeechStarted(SpeechStarted { timestamp: 0.0 })
}

fn speech_ended() -> ServerMessage {
    ServerMessage::SpeechEnded(SpeechEnded {
        timestamp: 0.0,
        duration_ms: 900.0,
    })
}

fn response_started(turn_number: u16) -> ServerMessage {
    ServerMessage::ResponseStarted(ResponseStarted {
        turn_number,
        timestamp: 0.0,
    })
}

fn response_ended(turn_number: u16, interrupted: bool) -> ServerMessage {
    ServerMessage::ResponseEnded(ended_response(turn_number, interrupted))
}

fn ended_response(turn_number: u16, interrupted: bool) -> ResponseEnded {
    let latency = Latency {
        total_ms: Some(800.0),
        ..Latency::default()
    };
    ResponseEnded {
        turn_number,
        interrupted,
        repeats: false,
        false_interruptions: 0,
        latency,
        usage: None,
    }
}

fn interrupted(turn_number: u16) -> ServerMessage {
    ServerMessage::Interrupted(Interrupted {
        turn_number,
        timestamp: 0.0,
        reason: InterruptReason::Speech,
    })
}

fn ended(status: SessionEndStatus) -> ServerMessage {
    let summary = SessionSummary {
        total_turns: 2,
        ..SessionSummary::default()
    };
    ServerMessage::SessionEnded(SessionEnded {
        session_id: Uuid::nil(),
        status,
        summary,
    })
}

fn phases(start: Phase, messages: &[ServerMessage]) -> Vec<&'static str> {
    let mut conversation = Conversation {
        phase: start,
        ..Conversation::default()
    };
    let mut seen = Vec::new();
    for message in messages {
        conversation.apply(message);
        seen.push(conversation.phase.name());
    }
    seen
}

#[test]
fn a_turn_goes_from_hearing_to_thinking_to_speaking_and_back() {
    let turn = [
        speech_started(),
        speech_ended(),
        response_started(1),
        response_ended(1, false),
    ];
    assert_eq!(
        phases(Phase::Listening, &turn),
        ["hearing", "thinking", "speaking", "listening"]
    );
}

#[test]
fn a_user_who_speaks_to_the_end_of_an_answer_is_heard_on() {
    let turn = [speech_started(), response_ended(1, false), speech_ended()];
    assert_eq!(
        phases(Phase::AiSpeaking, &turn),
        ["speaking", "hearing", "thinking"]
    );
    let turn = [speech_started(), speech_ended(), response_ended(1, false)];
    assert_eq!(
        phases(Phase::AiSpeaking, &turn),
        ["speaking", "speaking", "listening"]
    );
}

#[test]
fn what_was_asked_while_the_ai_finished_is_thought_about_next() {
    let next = Transcript {
        turn_number: 2,
        role: Role::User,
        text: "And tomorrow?".to_owned(),
        is_final: true,
        confidence: None,
    };
    let turn = [
        speech_started(),
        ServerMessage::Transcript(next),
        speech_ended(),
        response_ended(1, false),
        response_started(2),
        response_ended(2, false),
    ];
    assert_eq!(
        phases(Phase::AiSpeaking, &turn),
        [
            "speaking",
            "speaking",
            "speaking",
            "thinking",
            "speaking",
            "listening"
        ]
    );
}

#[test]
fn a_barge_in_stays_interrupted_until_the_user_is_done() {
    let turn = [
        speech_started(),
        interrupted(1),
        response_ended(1, true),
        speech_ended(),
    ];
    assert_eq!(
        phases(Phase::AiSpeaking, &turn),
        ["speaking", "interrupted", "interrupted", "thinking"]
    );
}

#[test]
fn a_resumed_session_stands_where_the_server_says() {
    let attempt = Attempt {
        number: 1,
        of: 3,
        in_s: 0,
    };
    let resumed = ServerMessage::SessionResumed(SessionResumed {
        session_id: Uuid::nil(),
        state: SessionState::AiSpeaking,
        turn_number: 2,
    });
    assert_eq!(phases(Phase::Reconnecting(attempt), &[resumed]), ["speaking"]);
}

#[test]
fn complete_latency_replaces_the_first_and_keeps_the_interruption() {
    let mut conversation = Conversation::default();
    conversation.apply(&response_ended(3, true));
    let latency = Latency {
        total_ms: Some(842.0),
        ..Latency::default()
    };
    conversation.apply(&ServerMessage::TurnLatency(TurnLatency {
        turn_number: 3,
        latency,
    }));
    let turn = conversation.figures.turn(3).unwrap();
    assert_eq!((turn.latency.total_ms, turn.interrupted), (Some(842.0), true));
}

fn progress(turn_number: u16) -> ServerMessage {
    ServerMessage::LatencyProgress(TurnLatency {
        turn_number,
        latency: Latency::default(),
    })
}

#[test]
fn who_spoke_while_the_ai_finished_is_answered_next() {
    assert_eq!(
        phases(Phase::AiSpeaking, &[response_ended(1, false), progress(2)]),
        ["listening", "thinking"]
    );
}

#[test]
fn a_turn_waits_until_its_answer_is_heard_or_over() {
    let mut conversation = Conversation::default();
    for (message, waits) in [(progress(1), true), (response_ended(1, false), false)] {
        conversation.apply(&message);
        assert_eq!(conversation.figures.turn(1).unwrap().waits, waits);
    }
}

#[test]
fn a_normal_end_has_a_summary_and_no_message() {
    let mut conversation = Conversation {
        phase: Phase::Ending,
        ..Conversation::default()
    };
    conversation.apply(&ended(SessionEndStatus::Completed));
    assert_eq!(conversation.phase, Phase::Ended);
    assert_eq!(conversation.summary.unwrap().total_turns, 2);
    assert_eq!(conversation.message, None);
}

#[test]
fn a_session_that_ends_by_itself_says_why() {
    let listening = Conversation {
        phase: Phase::Listening,
        ..Conversation::default()
    };
    let mut idle = listening.clone();
    idle.apply(&ServerMessage::Notice(Notice {
        code: NoticeCode::IdleLimitNear,
        message: String::new(),
    }));
    idle.apply(&ended(SessionEndStatus::Completed));
    assert_eq!(idle.message, Some(Message::new(Topic::EndedIdle)));

    let mut stopped = listening;
    stopped.apply(&ended(SessionEndStatus::Completed));
    let by_the_server = Topic::SessionEnded(SessionEndStatus::Completed);
    assert_eq!(stopped.message, Some(Message::new(by_the_server)));
}

#[test]
fn a_session_that_another_one_ended_says_so() {
    let mut conversation = Conversation {
        phase: Phase::Listening,
        ..Conversation::default()
    };
    conversation.apply(&ended(SessionEndStatus::Superseded));
    let expected = Message::new(Topic::SessionEnded(SessionEndStatus::Superseded));
    assert_eq!(conversation.message, Some(expected));
}

#[test]
fn the_reason_of_a_failure_outlives_the_end_of_the_session() {
    let mut conversation = Conversation {
        phase: Phase::Listening,
        ..Conversation::default()
    };
    let error = ErrorMessage {
        code: ErrorCode::ProviderError,
        message: "the provider failed".to_owned(),
        recoverable: false,
        details: None,
        retry_after_ms: None,
    };
    conversation.apply(&ServerMessage::Error(error.clone()));
    conversation.apply(&ended(SessionEndStatus::Error));
    assert_eq!(
        (conversation.phase, conversation.message),
        (Phase::Failed, Some((&error).into()))
    );
    assert!(conversation.summary.is_some());
}

#[test]
fn starting_again_forgets_the_last_session() {
    let mut conversation = Conversation::default();
    conversation.apply(&response_ended(1, false));
    conversation.apply(&ended(SessionEndStatus::Completed));
    conversation.begin(None, Some("Clerk".to_owned()));
    assert_eq!(
        conversation,
        Conversation {
            phase: Phase::AskingForMicrophone,
            ai_role: Some("Clerk".to_owned()),
            ..Conversation::default()
        }
    );
}

#[test]
fn a_refused_start_has_failed() {
    let mut conversation = Conversation {
        phase: Phase::Connecting,
        ..Conversation::default()
    };
    conversation.apply(&refusal(ErrorCode::CredentialMissing));
    assert_eq!(conversation.phase, Phase::Failed);
}

#[test]
fn an_answer_that_failed_is_not_waited_for() {
    let mut conversation = Conversation {
        phase: Phase::Thinking,
        ..Conversation::default()
    };
    conversation.apply(&refusal(ErrorCode::InvalidMessage));
    assert_eq!(conversation.phase, Phase::Thinking);
    conversation.apply(&refusal(ErrorCode::ProviderError));
    assert_eq!(conversation.phase, Phase::Listening);
}

#[test]
fn what_was_under_way_does_not_undo_the_end() {
    for phase in [Phase::Ending, Phase::Failed] {
        let mut conversation = Conversation {
            phase,
            ..Conversation::default()
        };
        conversation.apply(&ServerMessage::Interrupted(viva_protocol::ws::Interrupted {
            turn_number: 1,
            timestamp: 1.0,
            reason: viva_protocol::ws::InterruptReason::Client,
        }));
        assert_eq!(conversation.phase, phase);
    }
}

fn cascade() -> Interaction {
    Interaction::Cascade(viva_protocol::ws::CascadeConfig::default())
}

fn offered(reason: &str) -> ServerMessage {
    ServerMessage::FallbackOffered(Box::new(FallbackOffered {
        reason: reason.to_owned(),
        interaction: cascade(),
    }))
}

fn switched(reason: Option<&str>) -> ServerMessage {
    ServerMessage::ModeSwitched(Box::new(viva_protocol::ws::ModeSwitched {
        reason: reason.map(str::to_owned),
        interaction: cascade(),
    }))
}

#[test]
fn an_offer_says_why_and_waits_for_a_choice() {
    let mut conversation = Conversation {
        phase: Phase::Thinking,
        ..Conversation::default()
    };
    conversation.apply(&refusal(ErrorCode::ProviderUnavailable));
    conversation.apply(&offered("the provider is gone"));
    let offer = conversation.offer.clone().unwrap();
    assert_eq!(
        (&*offer.reason, offer.interaction),
        ("the provider is gone", cascade())
    );
    assert_eq!(conversation.message, None, "the reason is said once");
    assert!(conversation.waits_for_choice());
    conversation.apply(&speech_started());
    assert!(!conversation.waits_for_choice(), "the user is heard all the same");
}

#[test]
fn another_message_does_not_hide_the_offer() {
    let mut conversation = Conversation {
        phase: Phase::Listening,
        ..Conversation::default()
    };
    conversation.apply(&offered("gone"));
    conversation.apply(&ServerMessage::Notice(viva_protocol::ws::Notice {
        code: viva_protocol::ws::NoticeCode::MicrophoneQuiet,
        message: String::new(),
    }));
    assert!(conversation.offer.is_some() && conversation.message.is_some());
}

#[test]
fn a_mode_that_was_switched_to_is_what_runs() {
    let mut conversation = Conversation {
        phase: Phase::Thinking,
        ..Conversation::default()
    };
    conversation.apply(&offered("gone"));
    conversation.take_offer();
    conversation.apply(&switched(None));
    assert_eq!(
        (&conversation.offer, conversation.phase),
        (&None, Phase::Thinking)
    );
    assert_eq!(conversation.running, Some(cascade()));
    let expected = Message::new(Topic::ModeSwitched(Box::new(cascade())));
    assert_eq!(conversation.message, Some(expected));
}

#[test]
fn a_mode_that_nobody_asked_for_says_why_it_runs() {
    let mut conversation = Conversation {
        phase: Phase::Listening,
        ..Conversation::default()
    };
    conversation.apply(&switched(Some("the provider is gone")));
    let message = conversation.message.unwrap();
    assert_eq!(message.topic, Topic::ModeSwitched(Box::new(cascade())));
    assert_eq!(message.detail, "the provider is gone");
}

#[test]
fn an_answer_that_is_given_anew_replaces_what_nobody_heard() {
    let mut conversation = Conversation {
        phase: Phase::Thinking,
        ..Conversation::default()
    };
    let delta = |text: &str| {
        ServerMessage::TextDelta(viva_protocol::ws::TextDelta {
            turn_number: 1,
            delta: text.to_owned(),
            full_text: None,
        })
    };
    for message in [response_started(1), delta("Hel"), response_ended(1, false)] {
        conversation.apply(&message);
    }
    for message in [response_started(1), delta("Good day.")] {
        conversation.apply(&message);
    }
    let lines: Vec<(&str, bool)> = conversation
        .lines
        .iter()
        .map(|line| (line.text.as_str(), line.is_final))
        .collect();
    assert_eq!(lines, [("Good day.", false)]);
    assert_eq!(conversation.phase, Phase::AiSpeaking);
}

#[test]
fn an_offer_that_was_refused_or_lost_on_the_way_can_be_taken_again() {
    let mut conversation = Conversation {
        phase: Phase::Listening,
        ..Conversation::default()
    };
    let is_taken = |conversation: &Conversation| conversation.offer.as_ref().unwrap().is_taken;
    conversation.apply(&offered("gone"));
    conversation.take_offer();
    assert!(is_taken(&conversation));
    conversation.apply(&refusal(ErrorCode::InvalidConfig));
    assert!(!is_taken(&conversation));
    conversation.take_offer();
    conversation.apply(&ServerMessage::SessionResumed(SessionResumed {
        session_id: Uuid::nil(),
        state: SessionState::Listening,
        turn_number: 1,
    }));
    assert!(!is_taken(&conversation));
}

#[test]
fn nothing_is_offered_any_more_when_the_session_is_over() {
    for end in [
        |conversation: &mut Conversation| conversation.apply(&ended(SessionEndStatus::Completed)),
        |conversation: &mut Conversation| conversation.fail(Message::new(Topic::ConnectionLost)),
    ] {
        let mut conversation = Conversation {
            phase: Phase::Listening,
            ..Conversation::default()
        };
        conversation.apply(&offered("gone"));
        end(&mut conversation);
        assert_eq!(conversation.offer, None);
    }
}

fn refusal(code: ErrorCode) -> ServerMessage {
    ServerMessage::Error(viva_protocol::ws::ErrorMessage {
        code,
        message: "no".to_owned(),
        recoverable: true,
        details: None,
        retry_after_ms: None,
    })
}

#[test]
fn an_answer_that_will_be_given_again_leaves_nothing_behind() {
    let mut conversation = Conversation {
        phase: Phase::Thinking,
        ..Conversation::default()
    };
    conversation.apply(&response_started(1));
    conversation.apply(&ServerMessage::ResponseEnded(ResponseEnded {
        repeats: true,
        ..ended_response(1, false)
    }));
    assert_eq!(conversation.phase, Phase::Thinking);
    assert_eq!(conversation.lines.iter().count(), 0);
    assert!(conversation.figures.turn(1).is_none());
    conversation.apply(&response_started(1));
    assert_eq!(conversation.phase, Phase::AiSpeaking);
    assert_eq!(conversation.lines.iter().count(), 1);
}
