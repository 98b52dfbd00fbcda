// Values of Rust that lie on the heap, for the tests of values. It runs: when all is made, it writes its own memory into the
// file that it is given, piece by piece: the address, the length, the bytes.
use std::collections::VecDeque;
use std::io::{Read, Seek, SeekFrom, Write};
use std::rc::Rc;
use std::sync::Arc;

pub struct Point { pub x: i32, pub y: u16 }
pub enum Tree { Leaf(u8), Node(Box<Tree>, Box<Tree>) }
pub trait Speaks { fn word(&self) -> u32; }
impl Speaks for Point { fn word(&self) -> u32 { self.y as u32 } }
impl Speaks for u8 { fn word(&self) -> u32 { *self as u32 } }

static mut NUMBERS: Vec<u16> = Vec::new();
static mut EMPTY: Vec<u64> = Vec::new();
static mut POINTS: Vec<Point> = Vec::new();
static mut ROWS: Vec<Vec<u8>> = Vec::new();
static mut NAMES: Vec<String> = Vec::new();
static mut TEXT: String = String::new();
static mut NO_TEXT: String = String::new();
static mut BOXED: Option<Box<Point>> = None;
static mut BOXED_TEXT: Option<Box<str>> = None;
static mut BOXED_SLICE: Option<Box<[u32]>> = None;
static mut TREE: Option<Box<Tree>> = None;
static mut SPEAKS: Option<Box<dyn Speaks>> = None;
static mut GOOD: Result<String, u32> = Err(0);
static mut BAD: Result<Vec<u8>, String> = Ok(Vec::new());
static mut SLICE: &[u16] = &[];
static mut PART: &str = "";
static mut SHARED: Option<Rc<Point>> = None;
static mut NESTED: Option<Option<u32>> = None;
static mut NOTHING: Option<String> = None;
static mut QUEUE: VecDeque<u8> = VecDeque::new();
static mut RING: VecDeque<u16> = VecDeque::new();
static mut SHARED_NUMBER: Option<Arc<u64>> = None;
static mut OTHER: Option<&dyn Speaks> = None;

fn dump(path: &str) -> std::io::Result<()> {
    let maps = std::fs::read_to_string("/proc/self/maps")?;
    let mut memory = std::fs::File::open("/proc/self/mem")?;
    let mut out = std::fs::File::create(path)?;
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (range, _) = line.split_once(' ').unwrap();
        let (low, high) = range.split_once('-').unwrap();
        let (low, high) = (u64::from_str_radix(low, 16).unwrap(), u64::from_str_radix(high, 16).unwrap());
        if high - low > 1 << 24 { continue; }
        let mut bytes = vec![0; (high - low) as usize];
        memory.seek(SeekFrom::Start(low))?;
        if memory.read_exact(&mut bytes).is_err() { continue; }
        out.write_all(&low.to_le_bytes())?;
        out.write_all(&(high - low).to_le_bytes())?;
        out.write_all(&bytes)?;
    }
    Ok(())
}

#[allow(static_mut_refs)]
fn main() -> std::io::Result<()> {
    unsafe {
        NUMBERS = (1..=20).map(|number| number * 100).collect();
        POINTS = vec![Point { x: -1, y: 2 }, Point { x: 3, y: 4 }];
        ROWS = vec![vec![1, 2], vec![], vec![3]];
        NAMES = vec!["one".to_string(), "größe".to_string()];
        TEXT = format!("{} and {}", "this", NUMBERS[1]);
        BOXED = Some(Box::new(Point { x: 5, y: 6 }));
        BOXED_TEXT = Some("boxed".into());
        BOXED_SLICE = Some(vec![7, 8, 9].into_boxed_slice());
        TREE = Some(Box::new(Tree::Node(Box::new(Tree::Leaf(1)), Box::new(Tree::Leaf(2)))));
        SPEAKS = Some(Box::new(Point { x: 0, y: 77 }));
        GOOD = Ok("fine".to_string());
        BAD = Err("not fine".to_string());
        SLICE = &NUMBERS[2..5];
        PART = &TEXT[5..8];
        SHARED = Some(Rc::new(Point { x: 10, y: 11 }));
        NESTED = Some(None);
        QUEUE.push_back(1);
        RING = VecDeque::with_capacity(6);
        for number in 1..=2 * RING.capacity() as u16 - 4 {
            if RING.len() == 6 { RING.pop_front(); }
            RING.push_back(number);
        }
        let number = Arc::new(12);
        OTHER = Some(&5u8);
        SHARED_NUMBER = Some(number.clone());
        std::mem::forget(number);
        let sum = SPEAKS.as_ref().unwrap().word() as usize + EMPTY.len() + NO_TEXT.len() + QUEUE.len();
        if sum > 1000 || NOTHING.is_some() || matches!(TREE.as_deref(), Some(Tree::Leaf(0))) || SHARED.is_none() || SHARED_NUMBER.is_none() || OTHER.is_none() || RING.is_empty() { return Ok(()); }
        if BOXED.is_none() || BOXED_TEXT.is_none() || BOXED_SLICE.is_none() || GOOD.is_err() || BAD.is_ok() { return Ok(()); }
        if SLICE.is_empty() || PART.is_empty() || NESTED.is_none() || POINTS.is_empty() || ROWS.is_empty() || NAMES.is_empty() { return Ok(()); }
    }
    dump(&std::env::args().nth(1).unwrap())
}
