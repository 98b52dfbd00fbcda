// What Rust says of types, for the tests of the debug information reader.
#![no_std]

#[repr(C)]
pub struct Point {
    pub x: i32,
    pub y: u16,
}

pub enum Shape {
    Circle(f64),
    Rectangle { width: u32, height: u32 },
    Nothing,
}

pub enum Level {
    Low = 1,
    High = 200,
}

#[no_mangle]
pub static mut SHAPE: Shape = Shape::Circle(1.5);
#[no_mangle]
pub static mut MAYBE: Option<&'static Point> = None;
#[no_mangle]
pub static mut LEVEL: Level = Level::High;

#[no_mangle]
pub extern "C" fn area(shape: &Shape, level: Level) -> f64 {
    match shape {
        Shape::Circle(radius) => radius * radius,
        Shape::Rectangle { width, height } => (*width * *height) as f64,
        Shape::Nothing => level as u8 as f64,
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
