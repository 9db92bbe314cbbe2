use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

/// What is said in every other sentence.
const COMMON: [&str; 40] = [
    "please",
    "I",
    "would",
    "like",
    "to",
    "know",
    "where",
    "my",
    "order",
    "is",
    "and",
    "when",
    "it",
    "will",
    "arrive",
    "could",
    "you",
    "tell",
    "me",
    "about",
    "a",
    "refund",
    "for",
    "the",
    "wrong",
    "item",
    "that",
    "came",
    "yesterday",
    "thank",
    "very",
    "much",
    "of",
    "course",
    "let",
    "see",
    "what",
    "can",
    "do",
    "today",
];
const RARE: [&str; 12] = [
    "saxophone",
    "trampoline",
    "umbrella",
    "telescope",
    "marmalade",
    "bicycle",
    "lantern",
    "compass",
    "harpoon",
    "accordion",
    "thermometer",
    "wheelbarrow",
];
const CHINESE: [&str; 16] = [
    "我想查詢訂單編號",
    "請問什麼時候會到",
    "謝謝您的幫忙",
    "商品寄錯了",
    "我要退貨",
    "請您再說一次",
    "今天天氣很好",
    "手機還沒有收到",
    "可以幫我確認一下嗎",
    "沒有問題",
    "請稍等一下",
    "我們會盡快處理",
    "您的地址是什麼",
    "好的",
    "付款方式有哪些",
    "明天下午三點",
];

/// Words as people say them: mostly the same ones, sometimes another, now and then Chinese, and a number that nobody else
/// says.
pub(super) fn text(words: usize, number: u64, random: &mut StdRng) -> String {
    let mut text = Vec::with_capacity(words + 1);
    if random.random_ratio(1, 4) {
        for _ in 0..words.div_ceil(6) {
            text.push(CHINESE.choose(random).copied().unwrap_or_default().to_owned());
        }
        return format!("{}，{number}。", text.join("，"));
    }
    for _ in 0..words {
        let word = if random.random_ratio(1, 500) {
            RARE.choose(random).copied().unwrap_or_default().to_owned()
        } else if random.random_ratio(1, 6) {
            // As many words as a language has.
            format!("{}{}", syllable(random), syllable(random))
        } else {
            COMMON.choose(random).copied().unwrap_or_default().to_owned()
        };
        text.push(word);
    }
    format!("{} {number}.", text.join(" "))
}

fn syllable(random: &mut StdRng) -> String {
    let mut letter = |letters: &[u8]| char::from(letters.choose(random).copied().unwrap_or(b'x'));
    [letter(b"bcdfghklmnprstvw"), letter(b"aeiou"), letter(b"lmnrst")]
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    #[test]
    fn everybody_says_a_number_of_their_own() {
        let mut random = StdRng::seed_from_u64(1);
        for number in 0..50 {
            let text = text(12, number, &mut random);
            assert!(text.contains(&number.to_string()), "{text}");
            assert!(!text.contains('\''), "{text}");
        }
    }
}
