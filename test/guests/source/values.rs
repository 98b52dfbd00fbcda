// Values of Rust, for the tests of expressions and values. No code runs: what the statics are initialised with is shown.
#![no_std]
#![no_main]

pub struct Point { pub x: i32, pub y: u16 }
pub struct Meters(pub f32);

pub enum Shape { Circle(f64), Rectangle { width: u32, height: u32 }, Nothing }
#[repr(u8)]
pub enum Level { Low = 1, High = 200 }

pub mod inner {
    #[used]
    pub static DEPTH: u32 = 3;
}

#[used]
static CIRCLE: Shape = Shape::Circle(1.5);
#[used]
static RECTANGLE: Shape = Shape::Rectangle { width: 3, height: 4 };
#[used]
static NOTHING: Shape = Shape::Nothing;
static POINT: Point = Point { x: -1, y: 2 };
#[used]
static SOME: Option<&Point> = Some(&POINT);
#[used]
static NONE: Option<&Point> = None;
#[used]
static OK: Result<u8, &str> = Ok(7);
#[used]
static ERR: Result<u8, &str> = Err("broken");
#[used]
static LEVEL: Level = Level::High;
#[used]
static LOW: Level = Level::Low;
#[used]
static TEXT: &str = "größe \"x\"\n";
#[used]
static SLICE: &[u16] = &[10, 20, 30];
#[used]
static TUPLE: (u8, (bool, char), Meters) = (1, (true, 'ß'), Meters(2.5));
#[used]
static UNIT: () = ();
#[used]
static ARRAY: [Option<u8>; 3] = [Some(1), None, Some(3)];
#[used]
static POINTER: &Point = &POINT;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
