DROP TABLE products;
DROP TABLE rate_plans;
DROP TABLE rooms;
DROP TABLE room_types;
